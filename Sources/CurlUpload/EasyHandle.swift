import CCurl

/// Owns one easy handle of libcurl together with the buffer for its error sentence.
///
/// Options that libcurl refuses are remembered in `refusal`, so that a run of settings is checked
/// once at its end and none is overlooked.
@safe
struct EasyHandle: ~Copyable {
    /// For the calls of the multi interface; not to be kept.
    let pointer: OpaquePointer
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private(set) var refusal: CURLcode?

    /// `nil` when memory has run out.
    init?() {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = pointer
        unsafe errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        // The buffer lives longer than the handle: see `deinit`.
        note(unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorBuffer))
    }

    deinit {
        // The handle goes first, since curl may write to the buffer until then.
        unsafe curl_easy_cleanup(pointer)
        unsafe errorBuffer.deallocate()
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        // The handle is live until `deinit`; so for the other setters.
        note(unsafe ccurl_set_long(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, offset value: Int) {
        note(unsafe ccurl_set_offset(pointer, option, value))
    }

    /// curl copies the text. `nil` returns the option to its default.
    mutating func set(_ option: CURLoption, _ value: String?) {
        note(unsafe ccurl_set_text(pointer, option, value))
    }

    /// curl keeps the pointer: what it points at must stay until the option is set again.
    @unsafe
    mutating func set(_ option: CURLoption, pointer value: UnsafeRawPointer?) {
        note(unsafe ccurl_set_pointer(pointer, option, value))
    }

    /// curl keeps the list: it must stay until the option is set again.
    @unsafe
    mutating func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) {
        note(unsafe ccurl_set_list(pointer, option, list))
    }

    /// The function is called while `perform` runs, with what `set(_:pointer:)` gave it.
    @unsafe
    mutating func set(_ option: CURLoption, sink: curl_write_callback) {
        note(unsafe ccurl_set_sink(pointer, option, sink))
    }

    /// How much of the body has been handed to the system so far.
    var sentBytes: Int {
        var count: curl_off_t = 0
        // The address of a local variable, used during the call.
        let code = unsafe ccurl_get_offset(pointer, CURLINFO_SIZE_UPLOAD_T, &count)
        return code == CURLE_OK ? count : 0
    }

    /// Blocks until the transfer has ended.
    mutating func perform() -> CURLcode { unsafe curl_easy_perform(pointer) }

    /// A time of the last transfer; nil where it did not come so far.
    func time(_ info: CURLINFO) -> Duration? {
        var microseconds: curl_off_t = 0
        // The address of a local variable, used during the call.
        let code = unsafe ccurl_get_offset(pointer, info, &microseconds)
        return code == CURLE_OK && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// A text about the last transfer.
    func text(_ info: CURLINFO) -> String? {
        var text: UnsafePointer<CChar>?
        // curl's own text, copied before anything else is asked of it.
        guard unsafe ccurl_get_text(pointer, info, &text) == CURLE_OK, let text = unsafe text else {
            return nil
        }
        let copy = unsafe String(cString: text)
        return copy.isEmpty ? nil : copy
    }

    /// What the peer has shown, its own certificate first: lines of the form `Subject:CN=…`. With CURLOPT_CERTINFO.
    var certificates: [[String]] {
        var found: UnsafeMutablePointer<curl_certinfo>?
        // curl's own lists, copied before anything else is asked of it.
        guard unsafe ccurl_get_certificates(pointer, &found) == CURLE_OK, let found = unsafe found
        else { return [] }
        let count = unsafe Int(found.pointee.num_of_certs)
        return (0..<count).map { index in
            var lines: [String] = []
            // As many lists as `num_of_certs` says, each ended by a null pointer.
            var node = unsafe found.pointee.certinfo[index]
            while let line = unsafe node {
                unsafe lines.append(String(cString: line.pointee.data))
                unsafe node = line.pointee.next
            }
            return lines
        }
    }

    /// curl's sentence on the attempt that ended last; empty when it had none.
    var errorText: String {
        // Zero-terminated from `init` on, and curl keeps it so.
        unsafe String(cString: errorBuffer)
    }

    mutating func clearErrorText() {
        // The first byte of the buffer owned above.
        unsafe errorBuffer.pointee = 0
    }

    private mutating func note(_ code: CURLcode) {
        if code != CURLE_OK && refusal == nil { refusal = code }
    }
}
