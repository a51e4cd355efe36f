#!/usr/bin/env bash
# Copies every learner's notebooks on The Littlest JupyterHub to a folder for `lstm-course grade`.
# Run as root: bash deploy/tljh/collect.sh submissions
# A home is read with its owner's rights, so that a link in it shows nothing that she may not see.
set -euo pipefail
out=${1:?"usage: collect.sh FOLDER"}

as_owner() {
  if [ "$(id -u)" = 0 ]; then runuser -u "$1" -- "${@:2}"; else "${@:2}"; fi
}

for home in "${HOMES:-/home}"/jupyter-*/; do
  work=${home}lstm-course
  [ -d "$work" ] || continue
  learner=$(basename "$home")
  learner=${learner#jupyter-}
  mkdir -p "$out/$learner"
  as_owner "$(stat --format %U "$home")" \
    find "$work/" -maxdepth 1 -type f -name '[0-9][0-9]_*.ipynb' ! -name '*.update-*' -printf '%f\0' |
    as_owner "$(stat --format %U "$home")" \
      tar --create --directory="$work" --null --verbatim-files-from --files-from=- |
    tar --extract --directory="$out/$learner" --no-same-owner --no-same-permissions
done
