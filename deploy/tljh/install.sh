#!/usr/bin/env bash
# Puts the course into The Littlest JupyterHub. Run as root, in a copy of the repository on that
# server, after its own installer: bash deploy/tljh/install.sh [ADDRESS FOR PYTORCH]
# Run it again to bring a newer version; learners get it when their servers next start.
set -euo pipefail
cd "$(dirname "$0")/../.."

tljh=${TLJH_INSTALL_PREFIX:-/opt/tljh}
python=$tljh/user/bin/python
if [ ! -x "$python" ]; then
  echo "There is no $python: install The Littlest JupyterHub first, or set TLJH_INSTALL_PREFIX to where it is." >&2
  exit 1
fi

# The environment that all learners share. Its JupyterHub stays as it is: it has to fit the hub's.
if [ -n "${1-}" ]; then
  "$python" -m pip install --no-cache-dir --constraint constraints.txt --no-deps --index-url "$1" torch
fi
"$python" -m pip install --no-cache-dir --constraint constraints.txt .
install -m 755 deploy/start_singleuser.py "$tljh/user/bin/lstm-course-singleuser"

# The hub.
install -D -m 644 deploy/jupyterhub_config.py "$tljh/config/jupyterhub_config.d/lstm_course.py"
tljh-config set limits.memory 4G
tljh-config set limits.cpu 2
tljh-config set services.cull.timeout 3600
tljh-config set services.cull.every 300
tljh-config reload
