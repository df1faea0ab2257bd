import Glibc

/// Finished bytes that several owners may read at once: a batch on its way to the upstream.
///
/// The memory is taken once by the `JSONWriter`, handed over here when the batch is complete, and
/// freed with the last reference. Nothing writes to it after `init`, which is why it may be shared
/// between threads.
@safe package final class ByteBlock: @unchecked Sendable {
    private let base: UnsafeMutablePointer<UInt8>
    package let count: Int

    /// Takes ownership of `base`, which must have been allocated with `malloc` or `realloc`.
    package init(owning base: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe self.base = unsafe base
        self.count = count
    }

    deinit {
        unsafe free(base)
    }

    /// A copy of `bytes`, for small bodies such as the empty probe batch.
    package convenience init(copying bytes: some Collection<UInt8>) {
        let count = bytes.count
        let base = unsafe malloc(max(count, 1))!.bindMemory(to: UInt8.self, capacity: max(count, 1))
        _ = unsafe UnsafeMutableBufferPointer(start: base, count: count).initialize(from: bytes)
        unsafe self.init(owning: base, count: count)
    }

    /// The bytes, valid for the duration of `body` and as long as the block lives.
    package func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        unsafe try body(UnsafeRawBufferPointer(start: base, count: count))
    }
}
