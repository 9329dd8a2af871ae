# Builds the guest out of Debian packages: kernel, initramfs, empty media. Sourced by power_cut; everything lies in $dir.

readonly pmem_size=512M
readonly disk_file_system_size=255M
readonly area_offset=$(( 255 << 20 ))  # acknowledgements lie behind the file system, see acknowledgements.hpp
readonly disk_size=256M
readonly guest_modules=(crc32c_generic libnvdimm nd_pmem nfit ext4 virtio_pci virtio_blk)

# The guest runs Debian's kernel, whatever runs here; nothing of it is installed.
fetch_packages() {
  local kernel
  [[ -e $dir/packages/fetched ]] && return
  mkdir -p "$dir/packages"
  kernel=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: //p' | head -n 1)
  [[ -n $kernel ]] || fail "no package index; run as root: apt-get update"
  (cd "$dir/packages" && apt-get download -q "$kernel" busybox-static) >"$dir/packages/log" 2>&1 ||
    fail "cannot fetch $kernel and busybox-static, see $dir/packages/log"
  local package
  for package in "$dir"/packages/*.deb; do dpkg -x "$package" "$dir/packages/files"; done
  echo "${kernel#linux-image-}" >"$dir/packages/fetched"
}

# The boot file is a kernel behind code that unpacks it. Emulated that takes longer than the boot itself, so it is
# unpacked here; the boot protocol says at 0x1f1, 0x248 and 0x24c where it lies.
unpack_kernel() {
  local image="$dir/packages/files/boot/vmlinuz-$1" setup_sectors offset size
  [[ -e $dir/vmlinux ]] && return
  setup_sectors=$(od -An -tu1 -j 497 -N 1 "$image")
  offset=$(od -An -tu4 -j 584 -N 4 "$image")
  size=$(od -An -tu4 -j 588 -N 4 "$image")
  # Four bytes behind the packed kernel are its size, which xz need not like.
  head -c "$(( (setup_sectors + 1) * 512 + offset + size - 4 ))" "$image" | tail -c "$(( size - 4 ))" |
    xz --decompress --stdout >"$dir/vmlinux.new" || fail "the kernel cannot be unpacked"
  mv "$dir/vmlinux.new" "$dir/vmlinux"
}

# add_program FILE: with the libraries it needs, at the same paths
add_program() {
  local file
  for file in "$1" $(ldd "$1" | grep -o '/[^ ]*'); do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}

# modules.dep lists what a module needs with the last to be loaded first
add_modules() {
  local list="$dir/packages/files/lib/modules/$1" module
  [[ -e $list/modules.dep ]] || depmod -b "$dir/packages/files" "$1"
  mkdir -p "$root/modules"
  for module in "${guest_modules[@]}"; do
    awk -F: -v name="/$module.ko" 'index($1, name) {
      for (i = split($2, needed, " "); i; --i) print needed[i]
      print $1
    }' "$list/modules.dep"
  done | awk '!seen[$0]++' | while read -r module; do
    cp "$list/$module" "$root/modules/"
    basename "$module" >>"$root/modules/order"
  done
}

build_initramfs() {
  local root="$dir/root"
  rm -rf "$root"
  mkdir -p "$root"/{bin,dev,proc,sys,pmem,disk,usr/bin,etc}
  cp "$dir/packages/files/bin/busybox" "$root/bin/"
  install -m 755 "$here/init" "$root/init"
  cp /etc/mke2fs.conf "$root/etc/"
  add_modules "$1"
  add_program "$(command -v ndctl)"
  add_program "$(command -v mkfs.ext4)"
  add_program "$programs/holdfast_power_cut"
  strip -o "$root/usr/bin/holdfast_power_cut" "$programs/holdfast_power_cut"
  rm -rf "${root:?}$programs/holdfast_power_cut"
  (cd "$root" && find . | cpio --quiet -o -H newc) >"$dir/initramfs"
}

# Empty media to start from: the NVDIMM is prepared by the guest, since only a kernel that has one can do that.
make_media() {
  rm -f "$dir"/{empty-,}{pmem,disk}.img
  truncate -s "$pmem_size" "$dir/pmem.img"
  truncate -s "$disk_size" "$dir/disk.img"
  mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 "$dir/disk.img" "$disk_file_system_size"
  start_machine prepare
  wait_for prepared || fail "the guest cannot prepare its NVDIMM, see $dir/console.log"
  wait_for_end
  mv "$dir/pmem.img" "$dir/empty-pmem.img"
  mv "$dir/disk.img" "$dir/empty-disk.img"
}

build_guest() {
  local version
  fetch_packages
  version=$(cat "$dir/packages/fetched")
  unpack_kernel "$version"
  build_initramfs "$version"
  make_media
}
