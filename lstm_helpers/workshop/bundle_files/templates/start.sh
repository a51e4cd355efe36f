#!/bin/sh
# Opens the LSTM course in JupyterLab:  sh start.sh [FOLDER of your lessons]
# Your lessons are in the folder lstm-course of your home folder, unless you name another one.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
environment=${LSTM_COURSE_ENV:-$HOME/lstm-course-env}
if [ -x "$here/bin/lstm-course" ]; then environment=$here; fi
if [ ! -x "$environment/bin/lstm-course" ]; then
    echo "The course is not installed in $environment: run \`sh install.sh\` first." >&2
    exit 1
fi
case ${1:-} in
    '' | -*) exec "$environment/bin/lstm-course" lab "$HOME/lstm-course" "$@" ;;
    *) exec "$environment/bin/lstm-course" lab "$@" ;;
esac
