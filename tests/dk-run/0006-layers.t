#!/bin/sh
# SPDX-License-Identifier: ISC
# 130 layers mount and run
. "${0%/*}/../lib.sh"
need root overlay dk-build

mkrootfs rootfs
{
	echo 'FROM scratch'
	echo 'COPY rootfs /'
	i=1
	while [ $i -lt 130 ]; do
		echo "COPY n/$i /n/$i"
		i=$((i + 1))
	done
} >Dockerfile
mkdir n
i=1
while [ $i -lt 130 ]; do
	echo $i >n/$i
	i=$((i + 1))
done
t "build of 130 layers" dk-build -q -t many:1 .
is "all of them are there" "$(dk-run --rm many:1 sh -c 'ls /n | wc -l')" 129
is "the first and the last" "$(dk-run --rm many:1 cat /n/1 /n/129)" "1
129"
t "nothing is left" clean_store
done_testing
