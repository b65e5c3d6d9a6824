#if Server
    import CZlib
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore

    /// Gzip compression of responses that are large enough.
    enum Compression {
        static let bytesMin = 1024

        static func applied(to response: Response, for request: Request) async -> Response {
            guard response.status == .ok, response.headers[.contentEncoding] == nil,
                accepts(request), let length = response.body.contentLength, length >= bytesMin
            else { return response }
            let collected = Monitor(ByteBuffer())
            guard (try? await response.body.write(Collector(collected: collected))) != nil,
                let packed = gzip(collected.read { $0 })
            else { return response }
            var response = response
            response.headers[.contentEncoding] = "gzip"
            response.headers[.contentLength] = nil
            // An ETag identifies bytes, and these differ.
            if let tag = response.headers[.eTag] { response.headers[.eTag] = String(tag.dropLast()) + "-gzip\"" }
            response.body = .init(byteBuffer: packed)
            return response
        }

        /// Collects a whole body.
        private struct Collector: ResponseBodyWriter {
            let collected: Monitor<ByteBuffer>

            func write(_ buffer: ByteBuffer) async throws {
                collected.update { _ = $0.writeImmutableBuffer(buffer) }
            }
            func finish(_ trailingHeaders: HTTPFields?) async throws {}
        }

        private static func accepts(_ request: Request) -> Bool {
            request.headers[values: .acceptEncoding].contains { list in
                list.split(separator: ",").contains { entry in
                    let parts = entry.split(separator: ";").map { String($0).trimmed }
                    let weights = parts.dropFirst().filter { $0.lowercased().hasPrefix("q=") }
                    return parts.first?.lowercased() == "gzip"
                        && weights.allSatisfy { Double($0.dropFirst(2)) ?? 0 > 0 }
                }
            }
        }

        static func gzip(_ buffer: ByteBuffer) -> ByteBuffer? {
            var stream = z_stream()
            // The largest window (15), plus 16 for a gzip header.
            guard
                deflateInit2_(
                    &stream, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                    Int32(MemoryLayout<z_stream>.size)) == Z_OK
            else { return nil }
            defer { deflateEnd(&stream) }
            let bound = Int(deflateBound(&stream, UInt(buffer.readableBytes)))
            var output = ByteBufferAllocator().buffer(capacity: bound)
            let result = buffer.withUnsafeReadableBytes { input in
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { space in
                    stream.next_in = UnsafeMutablePointer(
                        mutating: input.bindMemory(to: UInt8.self).baseAddress!)
                    stream.avail_in = UInt32(input.count)
                    stream.next_out = space.bindMemory(to: UInt8.self).baseAddress!
                    stream.avail_out = UInt32(space.count)
                    return deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
                }
            }
            return result > 0 ? output : nil
        }
    }
#endif
