/// Where `serve` listens by default. `doctor` knows it also in a build without the server.
enum ServeAddress {
    static let host = "127.0.0.1"
    static let port = 7780
}
