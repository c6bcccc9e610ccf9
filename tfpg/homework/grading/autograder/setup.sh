#!/bin/sh
# Run once, as root, when the image is built.
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap python3 python3-venv
python=python3
if ! $python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get install -y --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi
$python -m venv /opt/tfpg
/opt/tfpg/bin/pip install --no-cache-dir -r /autograder/source/requirements.txt
