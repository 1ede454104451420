#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# pss.pl CMD...: runs it and prints the largest sum of Pss (KiB) of its processes, sampled every 5 ms
use strict;
use warnings;

my $pid = fork // die "fork: $!";
if (!$pid) {
	exec @ARGV or die "$ARGV[0]: $!";
}

# pid and all its descendants
sub family {
	my %kids;
	for my $stat (glob "/proc/[0-9]*/stat") {
		open my $f, '<', $stat or next;
		my $line = <$f> // next;
		push @{ $kids{$2} }, $1 if $line =~ /^(\d+) \(.*\) \S (\d+)/s;
	}
	my @all = ($pid);
	for (my $i = 0; $i < @all; $i++) {
		push @all, @{ $kids{ $all[$i] } // [] };
	}
	return @all;
}

my $max = 0;
until (waitpid $pid, 1) {
	my $sum = 0;
	for my $p (family()) {
		open my $f, '<', "/proc/$p/smaps_rollup" or next;
		while (<$f>) {
			$sum += $1 if /^Pss:\s+(\d+)/;
		}
	}
	$max = $sum if $sum > $max;
	select undef, undef, undef, 0.005;
}
my $status = $?;
print "$max\n";
exit($status ? 1 : 0);
