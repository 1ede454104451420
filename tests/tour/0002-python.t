#!/bin/sh
# SPDX-License-Identifier: ISC
# FROM a real Debian, RUN apt-get, COPY of an app, run on the host's network: it answers.
. "${0%/*}/../lib.sh"
need root overlay debootstrap skopeo perl
debian
t "import" dk-import "$DEBIAN" debian:12

mkdir -p app/static
cat >app/server.py <<'END'
import http.server, os, signal, sys

# the first process of a PID namespace has no default actions
signal.signal(signal.SIGTERM, lambda *args: sys.exit(3))

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("%s from %s as %s\n" % (open("/srv/static/word").read().strip(),
            os.environ["GREETING"], os.getuid())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
END
echo hello >app/static/word
cat >app/Dockerfile <<'END'
# the app of the tour
ARG BASE=debian:12
FROM $BASE
RUN apt-get update && apt-get install -y --no-install-recommends python3 \
    # caches stay out of the layer
    && rm -rf /var/lib/apt/lists/*
ENV GREETING="the container" \
    PYTHONUNBUFFERED=1
WORKDIR /srv
COPY server.py .
COPY static static/
USER nobody
EXPOSE 8000
LABEL org.opencontainers.image.title="tour"
ENTRYPOINT ["python3", "/srv/server.py"]
CMD ["8000"]
END
t "build" dk-build -q -t tour/app:1 app
like "prints the digest" "$(cat .out)" "sha256:*"
is "and nothing else" "$(wc -l <.out)" 1
t "the image is listed" dk-images tour/app
like "by its name" "$(cat .out)" "*tour/app*1*"
is "inspect shows the configuration" \
	"$(dk-inspect tour/app:1 | jq -c '.[0].Config | [.User, .WorkingDir, .Entrypoint, .Cmd]')" \
	'["nobody","/srv",["python3","/srv/server.py"],["8000"]]'

port=$(free_port)
dk-run --rm --name tour --network host tour/app:1 "$port" >run.out 2>run.err &
pid=$!
bg "$pid"
t "it listens" wait_port "$port"
tell run.err
is "the app answers" "$(perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die "$!";
	print $s "GET / HTTP/1.0\r\n\r\n"; local $/; my $r = <$s>; $r =~ s/.*\r\n\r\n//s; print $r' "$port")" \
	"hello from the container as 65534"
like "dk-ps shows it" "$(dk-ps)" "*tour/app:1*Up*tour*"
kill -TERM "$pid"
wait "$pid"
is "SIGTERM reaches it, and its exit status is dk-run's" $? 3
is "and --rm removed it" "$(dk-ps -aq)" ""

start_registry
t "push" sh -c "dk-tag tour/app:1 $REG/tour/app:1 && dk-push -q $REG/tour/app:1"
t "skopeo accepts it" skopeo inspect --tls-verify=false --config "docker://$REG/tour/app:1"
is "with its history" "$(jq '.history | length' .out)" \
	"$(dk-inspect tour/app:1 | jq '.[0].RootFS.Layers | length + 7')"
t "nothing is left over" clean_store
done_testing
