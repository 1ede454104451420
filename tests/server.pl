#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# server.pl PORT DIR LOG: an HTTP server that says what a test wants it to say, byte for byte.
# Each DIR/NAME.for holds a pattern for "METHOD PATH", or for the whole head; the first match in order of names is
# answered with the bytes of DIR/NAME, and the connection closed. DIR/NAME.stall: seconds to wait before that.
# DIR/NAME.pause: seconds to wait half way; DIR/NAME.hang: at the end. DIR/NAME.keep: the connection stays open. Request heads are appended to LOG; bodies are read and dropped.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $dir, $log) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1)
	or die "listen: $!\n";
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';

sub slurp {
	my ($name) = @_;
	open my $f, '<:raw', $name or return '';
	local $/;
	my $text = <$f>;
	return defined $text ? $text : '';
}

sub request {
	my ($c) = @_;
	my ($head, $body) = ('', 0);
	while ((my $line = <$c>)) {
		$head .= $line;
		last if $line =~ /^\r?\n$/;
	}
	return '' if $head !~ /\n\r?\n$/;
	if ($head =~ /^content-length:\s*(\d+)/im) {
		my $left = $1;
		while ($left > 0) {
			my $n = read $c, my $buf, $left > 65536 ? 65536 : $left;
			last if !$n;
			$left -= $n;
		}
	}
	open my $f, '>>', $log or die;
	print $f $head;
	close $f;
	return $head;
}

sub serve {
	my ($c) = @_;
	while ((my $head = request($c))) {
		my ($what) = $head =~ /^(\S+ \S+)/;
		my $keep = 0;
		for my $for (sort glob "$dir/*.for") {
			my $pattern = slurp($for);
			chomp $pattern;
			next if $what !~ /^$pattern/ && $head !~ /^$pattern/;
			(my $name = $for) =~ s/\.for$//;
			sleep slurp("$name.stall") if -e "$name.stall";
			my $text = slurp($name);
			my $half = -e "$name.pause" ? length($text) / 2 : length $text;
			print $c substr $text, 0, $half;
			if (-e "$name.pause") {
				$c->flush;
				sleep slurp("$name.pause");
				print $c substr $text, $half;
			}
			$c->flush;
			$keep = -e "$name.keep";
			sleep slurp("$name.hang") if -e "$name.hang";
			last;
		}
		return if !$keep;
	}
}

while (1) {
	my $c = $listen->accept or next;
	binmode $c;
	my $pid = fork;
	if (defined $pid && $pid == 0) {
		serve($c);
		close $c;
		exit 0;
	}
	close $c;
}
