# A server and a client, each in a network namespace of its own, with a link of 100 kB/s from the server to the client.
# slow-link.sh NODE FOLDER SYMBOLS EVERY MAXLAG gzip|identity, within `unshare --map-root-user --net`
set -e
node=$1 folder=$2 symbols=$3 every=$4 lag=$5 encoding=$6
unshare --net sleep 60 &
far=$!
trap 'kill $far $server 2>/dev/null' EXIT
# Until the other namespace is there, the device would be moved into this one.
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link set lo up
ip link add name vetha type veth peer name vethb
ip link set vethb netns $far
ip address add 10.9.0.1/24 dev vetha
ip link set vetha up
nsenter --target $far --net sh -c 'ip address add 10.9.0.2/24 dev vethb && ip link set vethb up'
# The queue holds more than the server writes. One as long as a write drops packets of the next, and TCP may need seconds to repeat the last.
tc qdisc add dev vetha root tbf rate 800kbit burst 4kb latency 4000ms
"$node" "$folder/slow-link-server.ts" 10.9.0.1 4000 "$symbols" "$every" "$lag" "$encoding" &
server=$!
until ss --listening --tcp --numeric | grep -q ':4000 '; do sleep 0.05; done
nsenter --target $far --net "$node" "$folder/slow-link-client.ts" 10.9.0.1 4000 "$encoding"
