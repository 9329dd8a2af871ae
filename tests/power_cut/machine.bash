# Boots the guest and cuts its power. Sourced by power_cut.

machine_pid=

# start_machine VERB: what the guest's init shall do. Its console goes to console.log, the writes to its disk to disk.log.
# No host flush: the host stays up, and what it has of the guest's files when the guest dies is what a disk would have.
start_machine() {
  local file="driver=file,cache.no-flush=on"
  : >"$dir/console.log"
  rm -f "$dir/disk.log"
  : >"$dir/disk.log"
  qemu-system-x86_64 -machine q35,nvdimm=on,accel=tcg -cpu max -smp 2 -m 512M,slots=2,maxmem=2G \
    -kernel "$dir/vmlinux" -initrd "$dir/initramfs" \
    -append "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check tsc=reliable random.trust_cpu=on \
POWER_CUT=$1 POWER_CUT_SEED=$store_seed POWER_CUT_AREA=$area_offset POWER_CUT_MUTANT=$mutant" \
    -object "memory-backend-file,id=dimm,share=on,mem-path=$dir/pmem.img,size=$pmem_size" -device nvdimm,memdev=dimm \
    -blockdev "$file,node-name=disk,filename=$dir/disk.img" -blockdev "$file,node-name=log,filename=$dir/disk.log" \
    -blockdev driver=blklogwrites,node-name=logged,file=disk,log=log \
    -device virtio-blk-pci,drive=logged,write-cache=on,discard=off,write-zeroes=off \
    -nodefaults -display none -no-reboot -serial "file:$dir/console.log" </dev/null >"$dir/machine.log" 2>&1 &
  machine_pid=$!
}

machine_runs() { [[ -n $machine_pid ]] && kill -0 "$machine_pid" 2>/dev/null; }

# says EVENT: a line of the guest's that begins so
says() { tr -d '\r' <"$dir/console.log" | grep -q "^power-cut: $1"; }

# wait_for EVENT: false if the machine ends before it, or hangs
wait_for() {
  local end=$(( SECONDS + machine_seconds_max ))
  until says "$1"; do
    machine_runs || { says "$1"; return; }
    (( SECONDS < end )) || return
    sleep 0.1
  done
}

wait_for_end() {
  local end=$(( SECONDS + machine_seconds_max ))
  while machine_runs && (( SECONDS < end )); do sleep 0.1; done
  cut_power
}

# From outside and at once: the guest's memory, its page cache with it, is gone.
cut_power() {
  [[ -n $machine_pid ]] || return 0
  kill -KILL "$machine_pid" 2>/dev/null || true
  wait "$machine_pid" 2>/dev/null || true
  machine_pid=
}
