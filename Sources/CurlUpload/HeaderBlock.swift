import CCurl
import Glibc

/// The header lines of one attempt as the list that curl reads, in a single allocation: the nodes
/// first, their texts behind them.
///
/// Besides the request's own headers it names those that curl would add by itself, with nothing
/// after the colon, which means "do not send": what goes out is what the request says, plus `Host`
/// and `Content-Length`. Above all `Expect`, for which curl would wait a second on large bodies.
@safe
struct HeaderBlock: ~Copyable {
    /// Valid as long as the block is.
    let list: UnsafeMutablePointer<curl_slist>

    private static let withheld = ["Expect:", "Accept:", "Content-Type:"]

    /// The headers have passed `RequestCheck`: curl gets each line as one C string.
    init(_ headers: [(name: String, value: String)]) {
        let lines = headers.count + Self.withheld.count
        // Only the size of a type that has pointers in it.
        let nodeBytes = unsafe lines * MemoryLayout<curl_slist>.stride
        var size = nodeBytes
        for header in headers { size += header.name.utf8.count + header.value.utf8.count + 3 }
        for line in Self.withheld { size += line.utf8.count + 1 }
        // `size` counts each byte that is written below; malloc's alignment suits the nodes.
        let memory = unsafe malloc(size)!
        unsafe list = memory.bindMemory(to: curl_slist.self, capacity: lines)
        var texts = unsafe TextArea(
            next: (memory + nodeBytes).assumingMemoryBound(to: UInt8.self))
        var index = 0
        for header in headers {
            // A colon with nothing behind it would remove the header; the semicolon sends it empty.
            let isEmpty = header.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            let line = unsafe texts.start()
            texts.append(header.name)
            texts.append(isEmpty ? ";" : ": ")
            if !isEmpty { texts.append(header.value) }
            texts.end()
            unsafe place(line, at: &index, of: lines)
        }
        for text in Self.withheld {
            let line = unsafe texts.start()
            texts.append(text)
            texts.end()
            unsafe place(line, at: &index, of: lines)
        }
    }

    deinit {
        // The address that malloc gave.
        unsafe free(list)
    }

    /// Writes one node; `index` stays below `count`, the number of nodes.
    @unsafe
    private func place(_ line: UnsafeMutablePointer<CChar>, at index: inout Int, of count: Int) {
        let next = unsafe index + 1 < count ? list + index + 1 : nil
        unsafe (list + index).initialize(to: curl_slist(data: line, next: next))
        index += 1
    }
}

/// Writes zero-terminated texts one behind the other into memory measured beforehand.
@safe
private struct TextArea {
    private var next: UnsafeMutablePointer<UInt8>

    @unsafe
    init(next: UnsafeMutablePointer<UInt8>) {
        unsafe self.next = next
    }

    func start() -> UnsafeMutablePointer<CChar> {
        // Bytes, written through one type and read through the other.
        unsafe UnsafeMutableRawPointer(next).assumingMemoryBound(to: CChar.self)
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 {
            // Within the size that `HeaderBlock.init` added up.
            unsafe next.initialize(to: byte)
            unsafe next += 1
        }
    }

    mutating func end() {
        // The terminator is part of that size.
        unsafe next.initialize(to: 0)
        unsafe next += 1
    }
}
