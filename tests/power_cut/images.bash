# Disk images as each flush left them, out of the disk's write log. Sourced by power_cut.
#
# An image holds every write that the disk had completed when it completed a flush, and none behind it; or, every other time, a
# random part of those between it and the next flush as well. What must be there is what had been acknowledged before
# the next flush: nothing acknowledged then can rest on a later one. The acknowledgements are in the log themselves.

images_checked=0
flushes_logged=0

# check_images COUNT: at that many flushes of the last run, chosen at random. Needs base.img, the disk before that run.
check_images() {
  local flushes chosen=() at=0 i flush next some
  "$programs/holdfast_block_log" flushes "$dir/disk.log" >"$dir/flushes" || fail "no write log of the disk"
  mapfile -t flushes <"$dir/flushes"
  flushes_logged=$(( flushes_logged + ${#flushes[@]} ))
  (( ${#flushes[@]} > 1 )) || return 0
  for (( i = 0; i < $1; ++i )); do
    random_below $(( ${#flushes[@]} - 1 ))  # the last flush has no next one in the log
    chosen+=("$below")
  done
  mapfile -t chosen < <(printf '%s\n' "${chosen[@]}" | sort -nu)
  for i in "${chosen[@]}"; do
    flush=${flushes[i]}
    next=${flushes[i + 1]}
    some=
    random_below 2
    if (( below )); then random_below 1000000; some=$below; fi
    "$programs/holdfast_block_log" apply "$dir/disk.log" "$dir/base.img" "$at" "$flush" || fail "no replay"
    at=$flush
    check_image "$flush" "$next" "$some" || return
  done
}

# check_image FLUSH NEXT SEED
check_image() {
  local image="$dir/image.img" status=0
  copy_image "$dir/base.img" "$image"
  "$programs/holdfast_block_log" behind "$dir/disk.log" "$image" "$1" "$2" "$area_offset" ${3:+"$3"} || fail "no replay"
  rm -f "$dir/image.store"
  # The journal is replayed as a mount would do it; then the store is taken out of the file system.
  e2fsck -p "$image" >"$dir/image.log" 2>&1 || (( $? == 1 )) || status=1
  debugfs -R "dump /store $dir/image.store" "$image" >>"$dir/image.log" 2>&1
  "$programs/holdfast_power_cut" image "$store_seed" "$dir/image.store" "$image" "$area_offset" \
    >>"$dir/image.log" 2>&1 || status=$?
  (( status == 3 )) && return 0  # older than the store
  images_checked=$(( images_checked + 1 ))
  (( status == 0 )) && return 0
  say "the image at flush $1${3:+ with a part of the writes behind it (seed $3)} is wrong:"
  grep 'power-cut: ' "$dir/image.log" >&2 || tail -n 5 "$dir/image.log" >&2
  note_counts "$dir/image.log"
  return 1
}
