# Answers with its environment; with a path that says so, with what its peer, another task of its own
# service or the metadata endpoint says; or ends, or wants more memory than it may have.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
$SIG{TERM} = sub { exit 0 };
$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 20, ReuseAddr => 1) or die "$!";
print "listening\n";
while (1) {
    my $client = $server->accept or next;
    my $line = <$client> // '';
    while (my $header = <$client>) { last if $header =~ /^\r?\n$/ }
    my ($path) = $line =~ /^\S+ (\S+)/ or next;
    # It may be the one that is asked.
    my $is_child = $path =~ /self$/ && !fork;
    next if $path =~ /self$/ && !$is_child;
    my $body =
        $path =~ /peer$/ ? fetch($ENV{PEER_URL})
      : $path =~ /self$/ ? fetch('http://web.shop:8080/web')
      : $path =~ /alias$/ ? fetch('http://reception:8088/desk')
      : $path =~ /task$/ ? fetch("$ENV{ECS_CONTAINER_METADATA_URI_V4}/task")
      :                    join('', map { "$_=$ENV{$_}\n" } sort keys %ENV);
    if ($path =~ /hog$/) { my $size = 600 * 1024 * 1024; my $hog = 'x' x ($size + length $path); }
    exit 3 if $path =~ /exit$/;
    print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length($body), "\r\nConnection: close\r\n\r\n$body";
    close $client;
    exit 0 if $is_child;
}

sub fetch {
    my ($host, $port, $path) = $_[0] =~ m{^http://([^:/]+):(\d+)(/.*)$} or return "no URL";
    my $peer = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 5)
      or return "cannot reach $host: $@";
    print $peer "GET $path HTTP/1.0\r\nHost: $host\r\n\r\n";
    local $/;
    my $answer = <$peer> // '';
    $answer =~ s/^.*?\r\n\r\n//s;
    return $answer;
}
