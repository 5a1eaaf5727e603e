#!/bin/sh
# Makes a certificate that nobody vouches for where there is none, so that the first start speaks TLS already.
# Arguments: the folder of fullchain.pem and privkey.pem; the host's name.
set -eu
folder=$1
host=$2

has() { [ -s "$folder/$1" ]; }

if has fullchain.pem && has privkey.pem; then
    exit
fi
if has fullchain.pem || has privkey.pem; then
    echo "$folder must hold both fullchain.pem and privkey.pem, or neither." >&2
    exit 1
fi
if [ ! -w "$folder" ]; then
    echo "$folder holds no fullchain.pem and privkey.pem, and none can be made there: it is not writable." >&2
    exit 1
fi

umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -subj "/O=Self-signed/CN=portal" -addext "subjectAltName=DNS:$host" \
    -keyout "$folder/privkey.new" -out "$folder/fullchain.pem" 2>/dev/null
# The key comes last: a start that was cut short is noticed by the next one and not taken for a certificate.
mv "$folder/privkey.new" "$folder/privkey.pem"
echo "Made a self-signed certificate for $host in $folder: browsers will warn until it is replaced." >&2
