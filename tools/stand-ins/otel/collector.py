"""Takes traces over OTLP/HTTP as the collector does, and says in its log that they came."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Taken(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", "0"))
        self.rfile.read(size)
        print(f"traces: {size} bytes at {self.path} from {self.client_address[0]}")
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Said above."""


ThreadingHTTPServer(("0.0.0.0", 4318), Taken).serve_forever()
