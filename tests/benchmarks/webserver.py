# SPDX-License-Identifier: LGPL-2.1-or-later
"""nginx over loopback, and a certificate authority for it, both private."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  types {{ video/mp4 mp4; }}
  default_type application/octet-stream;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  ssl_certificate {certificate};
  ssl_certificate_key {key};
  ssl_protocols TLSv1.3;
  root {files};
  server {{ listen 127.0.0.1:{plain}; }}
  server {{ listen 127.0.0.1:{tls} ssl; }}
  server {{ listen 127.0.0.1:{http2} ssl http2; }}
}}
"""


def make_certificate(folder):
    """Makes an authority and a server's certificate; returns (authority,
    certificate, key)."""
    folder = pathlib.Path(folder)
    names = [folder / name for name in ("ca.pem", "server.pem", "server.key")]
    authority, certificate, key = names

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", folder / "ca.key", "-out",
            authority, "-days", 2, "-subj", "/CN=Measurements")
    openssl("req", *new_key, "-keyout", key, "-out", folder / "server.csr",
            "-subj", "/CN=127.0.0.1")
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", authority,
            "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", 2,
            "-extfile", extensions, "-out", certificate)
    return tuple(map(str, names))


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for_port(port):
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise RuntimeError("nginx does not listen")


class WebServer:
    """Serves the folder files: .plain, .tls (HTTP/1.1 only) and .http2 are the
    URLs of its ports."""

    def __init__(self, folder, files, certificate, key):
        self._folder = pathlib.Path(folder)
        ports = free_ports(3)
        self.plain = f"http://127.0.0.1:{ports[0]}"
        self.tls = f"https://127.0.0.1:{ports[1]}"
        self.http2 = f"https://127.0.0.1:{ports[2]}"
        configuration = self._folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            folder=folder, files=files, certificate=certificate, key=key,
            plain=ports[0], tls=ports[1], http2=ports[2]))
        program = shutil.which("nginx", path=os.defpath + ":/usr/sbin:/sbin")
        if program is None:
            raise RuntimeError("nginx is missing: apt-get install nginx-light")
        self._process = subprocess.Popen(
            [program, "-p", folder, "-e", self._folder / "nginx.log",
             "-c", configuration])
        wait_for_port(ports[2])

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
