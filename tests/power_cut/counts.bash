# What was seen, by device and facade. Sourced by power_cut.

declare -A acknowledged lost acknowledged_before
cuts_under_load=0
cuts_in_recovery=0
refused_total=0
lost_total=0
readonly columns=(pmem.kv pmem.log pmem.region pmem.batch disk.kv disk.log disk.region disk.batch)

note_cut() {
  if [[ $1 == loading ]]; then (( ++cuts_under_load )); else (( ++cuts_in_recovery )); fi
}

# note_counts FILE: lines "power-cut: checked device=D facade=F acknowledged=N lost=M" and "power-cut: refused ..."
note_counts() {
  local line column
  while read -r line; do
    if [[ $line =~ ^'power-cut: checked device='([a-z]+)' facade='([a-z]+)' acknowledged='([0-9]+)' lost='([0-9]+) ]]; then
      column=${BASH_REMATCH[1]}.${BASH_REMATCH[2]}
      (( BASH_REMATCH[3] <= ${acknowledged[$column]:-0} )) || acknowledged[$column]=${BASH_REMATCH[3]}
      lost[$column]=$(( ${lost[$column]:-0} + BASH_REMATCH[4] ))
      lost_total=$(( lost_total + BASH_REMATCH[4] ))
    elif [[ $line == 'power-cut: refused '* ]]; then
      refused_total=$(( refused_total + 1 ))
    fi
  done < <(tr -d '\r' <"$1")
}

# The next acknowledgements are of new stores.
end_stores() {
  local column
  for column in "${columns[@]}"; do
    acknowledged_before[$column]=$(( ${acknowledged_before[$column]:-0} + ${acknowledged[$column]:-0} ))
    acknowledged[$column]=0
  done
}

counts_line() {
  local column sum=0
  for column in "${columns[@]}"; do
    sum=$(( sum + ${acknowledged[$column]:-0} + ${acknowledged_before[$column]:-0} ))
  done
  echo "$sum acknowledged writes checked, $lost_total lost, $refused_total stores refused, $images_checked images"
}

# Whether each facade on each device had something to lose.
all_columns_counted() {
  local column
  for column in "${columns[@]}"; do (( ${acknowledged_before[$column]:-0} > 0 )) || return; done
}

print_summary() {
  local device facade column
  echo
  echo "seed $seed: $cuts_under_load cuts under load, $cuts_in_recovery during recovery;" \
    "$refused_total stores did not open; disk images at $images_checked of $flushes_logged flushes"
  printf '%-8s %-8s %14s %6s\n' device facade acknowledged lost
  for column in "${columns[@]}"; do
    device=${column%.*}
    facade=${column#*.}
    printf '%-8s %-8s %14d %6d\n' "$device" "$facade" "${acknowledged_before[$column]:-0}" "${lost[$column]:-0}"
  done
}
