import Foundation
import Glibc
import Synchronization

/// A peer that does what the test says, connection by connection: plain sockets on 127.0.0.1, a
/// thread for accepting and one for each connection.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let log = Mutex(Log())

    private struct Log {
        var accepted = 0
        var requests: [ReceivedRequest] = []
        var busy = 0
        var mostBusy = 0
        var closed = 0
    }

    init(_ script: @escaping @Sendable (Peer) -> Void) throws {
        (listener, port) = try listen()
        Thread.detachNewThread { [self] in
            while case let socket = accept(listener, nil, nil), socket >= 0 {
                let number = log.withLock { log in
                    log.accepted += 1
                    return log.accepted
                }
                Thread.detachNewThread {
                    let peer = Peer(socket: socket, number: number, server: self)
                    script(peer)
                    peer.close()
                }
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)/ai/spans/publish" }
    var accepted: Int { log.withLock { $0.accepted } }
    var requests: [ReceivedRequest] { log.withLock { $0.requests } }
    /// The largest number of requests that were between their arrival and their answer at one time.
    var mostBusy: Int { log.withLock { $0.mostBusy } }

    /// How many scripts have said that their client closed.
    var closed: Int { log.withLock { $0.closed } }

    /// Ends the accepting thread, and makes further connections be refused.
    func stop() {
        Glibc.shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    fileprivate func note(_ request: ReceivedRequest) {
        log.withLock { log in
            log.requests.append(request)
            log.busy += 1
            log.mostBusy = max(log.mostBusy, log.busy)
        }
    }

    fileprivate func noteClose() {
        log.withLock { $0.closed += 1 }
    }

    fileprivate func noteAnswer() {
        log.withLock { $0.busy -= 1 }
    }
}

struct ReceivedRequest: Sendable, Hashable {
    var line: String
    /// As they came, one `Name: value` each.
    var headers: [String]
    var body: [UInt8]
}

/// One accepted connection.
final class Peer {
    /// Counted from 1, in the order of acceptance.
    let number: Int
    private let socket: Int32
    private let server: ScriptedServer
    private var buffer: [UInt8] = []

    init(socket: Int32, number: Int, server: ScriptedServer) {
        self.socket = socket
        self.number = number
        self.server = server
        // A script that waits for a peer that never comes back ends all the same.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// The head of the next request, with an empty body; `nil` when the client has closed.
    func readHead() -> ReceivedRequest? {
        let end: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
        while true {
            if let range = buffer.firstRange(of: end) {
                let head = String(decoding: buffer[..<range.lowerBound], as: UTF8.self)
                buffer.removeFirst(range.upperBound)
                var lines = head.components(separatedBy: "\r\n")
                return ReceivedRequest(line: lines.removeFirst(), headers: lines, body: [])
            }
            guard readMore() else { return nil }
        }
    }

    func readBody(of head: ReceivedRequest) -> ReceivedRequest? {
        let length =
            head.headers.first { $0.lowercased().hasPrefix("content-length: ") }
            .flatMap { Int($0.dropFirst(16)) } ?? 0
        while buffer.count < length { guard readMore() else { return nil } }
        var request = head
        request.body = Array(buffer[..<length])
        buffer.removeFirst(length)
        server.note(request)
        return request
    }

    @discardableResult
    func readRequest() -> ReceivedRequest? {
        readHead().flatMap { readBody(of: $0) }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            // The array outlives the call.
            let count = unsafe bytes[sent...].withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// A complete answer to the request read last.
    func answer(_ status: String, headers: [String] = [], body: String = "") {
        server.noteAnswer()
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Reads until the client has closed.
    func waitForClose() {
        while readMore() { buffer = [] }
    }

    func noteClose() {
        server.noteClose()
    }

    /// Leaves what comes unread until the client has gone.
    func waitWithoutReading() {
        // No event but a hang-up or an error is asked for.
        var descriptor = pollfd(fd: socket, events: 0, revents: 0)
        _ = unsafe poll(&descriptor, 1, 20_000)
    }

    /// Closes with a reset in the place of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    fileprivate func close() {
        Glibc.close(socket)
    }

    private func readMore() -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        // The array outlives the call.
        let count = unsafe recv(socket, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer += piece[..<count]
        return true
    }
}

struct SocketError: Error {
    var code = errno
}

/// A listening socket on a free port of 127.0.0.1.
private func listen() throws -> (Int32, UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw SocketError() }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The system's way to pass an address: by its family's type, with its size.
    try unsafe withUnsafeMutablePointer(to: &address) { pointer in
        try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            guard unsafe bind(listener, pointer, size) == 0, Glibc.listen(listener, 64) == 0,
                unsafe getsockname(listener, pointer, &size) == 0
            else { throw SocketError() }
        }
    }
    return (listener, UInt16(bigEndian: address.sin_port))
}

/// A port on which nothing listens.
func closedPort() throws -> UInt16 {
    let (listener, port) = try listen()
    Glibc.close(listener)
    return port
}
