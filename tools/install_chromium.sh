#!/usr/bin/env bash
# Print the path of a Chromium for the browser check. Where there is none, install Debian's as root; else say how.
set -euo pipefail

find_chromium() {
    if [[ -n ${CHROMIUM:-} ]]; then
        command -v "$CHROMIUM" && return
        echo "CHROMIUM=$CHROMIUM: no such program; unset it or give the path of a Chromium or Chrome" >&2
        exit 1
    fi
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    local mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    [[ -x $mac ]] && echo "$mac"
}

find_chromium && exit
if [[ $EUID -eq 0 ]] && command -v apt-get > /dev/null; then
    echo "installing chromium" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet --quiet >&2
    apt-get install --quiet --quiet --yes --no-install-recommends chromium fonts-dejavu-core >&2
    find_chromium && exit
fi
cat >&2 << 'END'
The browser check needs Chromium or Chrome, and none was found. Install one:
    Debian, Ubuntu:  sudo apt install chromium
    Fedora:          sudo dnf install chromium
    macOS:           brew install --cask google-chrome
or name the program: CHROMIUM=/path/to/chrome make test
END
exit 1
