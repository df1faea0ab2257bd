import Glibc

/// Writes JSON straight into memory of its own: the one place where record bytes come to be.
///
/// It knows no commas and no nesting; callers write literals such as `,"traceId":` and values in
/// turn. This is the audited file of the module: the only `unsafe` code on the way of a span. Its
/// invariant: `count <= capacity`, and `base` points to `capacity` bytes.
@usableFromInline @safe package struct JSONWriter: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    /// Bytes written so far.
    @usableFromInline package internal(set) var count = 0
    /// Set when a string held bytes that are not UTF-8; each was replaced with U+FFFD.
    @usableFromInline package var replacedInvalidUTF8 = false
    /// The day of the last timestamp as text, since neighbours share it.
    private var day = CachedDay()

    @usableFromInline package init(capacity: Int = 64 * 1024) {
        self.capacity = max(capacity, 64)
        unsafe base = unsafe Self.allocate(self.capacity)
    }

    deinit {
        unsafe free(base)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        guard let memory = unsafe malloc(capacity) else { fatalError("out of memory") }
        return unsafe memory.bindMemory(to: UInt8.self, capacity: capacity)
    }

    /// Hands the bytes over and ends the writer.
    package consuming func finish() -> ByteBlock {
        let block = unsafe ByteBlock(owning: base, count: count)
        discard self
        return block
    }

    /// Forgets what was written from `count` bytes on.
    @usableFromInline package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Makes room for `extra` more bytes.
    @inlinable @inline(__always)
    mutating func reserve(_ extra: Int) {
        if capacity &- count < extra { grow(extra) }
    }

    @inline(never) @usableFromInline
    mutating func grow(_ extra: Int) {
        let wanted = max(count + extra, capacity + capacity / 2)
        guard let memory = unsafe realloc(base, wanted) else { fatalError("out of memory") }
        unsafe base = unsafe memory.bindMemory(to: UInt8.self, capacity: wanted)
        capacity = wanted
    }
}

// MARK: - Raw bytes

extension JSONWriter {
    @inlinable @inline(__always)
    package mutating func byte(_ byte: UInt8) {
        reserve(1)
        unsafe base[count] = byte
        count &+= 1
    }

    /// Text of this program, already JSON.
    @inlinable @inline(__always)
    package mutating func literal(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        unsafe (base + count).update(from: text.utf8Start, count: length)
        count &+= length
    }

    /// Bytes that are JSON already: a fragment written before, or JSON that was checked.
    @inlinable @inline(__always)
    package mutating func raw(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        precondition(start >= 0 && start <= end && end <= bytes.count)
        let length = end &- start
        reserve(length)
        unsafe bytes.withUnsafeBufferPointer { source in
            guard length > 0, let address = source.baseAddress else { return }
            unsafe (base + count).update(from: address + start, count: length)
        }
        count &+= length
    }

    @usableFromInline package mutating func raw(_ bytes: [UInt8]) {
        raw(bytes.span, 0, bytes.count)
    }

    /// Writes once more what stands between two offsets: the second name of one value.
    @inlinable @inline(__always)
    package mutating func repeatBytes(from start: Int, to end: Int) {
        precondition(start >= 0 && start <= end && end <= count)
        reserve(end &- start)
        unsafe (base + count).update(from: base + start, count: end &- start)
        count &+= end &- start
    }

    /// A copy of what was written from `start` on.
    @usableFromInline package func bytes(from start: Int) -> [UInt8] {
        precondition(start >= 0 && start <= count)
        return unsafe [UInt8](UnsafeBufferPointer(start: base + start, count: count - start))
    }
}

// MARK: - Strings

extension JSONWriter {
    /// A quoted string.
    ///
    /// Eight bytes are looked at and copied at once; at a quote, a backslash, a control character or
    /// a byte above ASCII the slow half takes that one character.
    @inlinable @inline(__always)
    package mutating func string(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        byte(UInt8(ascii: "\""))
        stringContent(bytes, start, end)
        byte(UInt8(ascii: "\""))
    }

    @usableFromInline package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            string(unsafe utf8.span, 0, utf8.count)
        }
    }

    /// The string without its quotes.
    @usableFromInline package mutating func stringContent(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) {
        precondition(start >= 0 && start <= end && end <= bytes.count)
        // Each plain byte becomes one byte; `escape` makes room for what it adds.
        reserve(end &- start &+ 16)
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let address = source.baseAddress else { return }
            var position = start
            while position < end {
                if end &- position >= 8 {
                    let word = unsafe (UnsafeRawPointer(address) + position)
                        .loadUnaligned(as: UInt64.self)
                    // Room for eight was reserved: at least `end - position + 16` bytes are free.
                    unsafe UnsafeMutableRawPointer(base + count)
                        .storeBytes(of: word, as: UInt64.self)
                    let flags = ByteFlags.special(UInt64(littleEndian: word))
                    if flags == 0 {
                        position &+= 8
                        count &+= 8
                        continue
                    }
                    let plain = flags.trailingZeroBitCount &>> 3
                    position &+= plain
                    count &+= plain
                } else if bytes.count &- position >= 8 {
                    // The rest of the string, and bytes behind it that are read and then ignored.
                    let rest = end &- position
                    let word = unsafe (UnsafeRawPointer(address) + position)
                        .loadUnaligned(as: UInt64.self)
                    unsafe UnsafeMutableRawPointer(base + count)
                        .storeBytes(of: word, as: UInt64.self)
                    let flags =
                        ByteFlags.special(UInt64(littleEndian: word))
                        & (1 &<< UInt64(truncatingIfNeeded: rest &* 8) &- 1)
                    if flags == 0 {
                        count &+= rest
                        return
                    }
                    let plain = flags.trailingZeroBitCount &>> 3
                    position &+= plain
                    count &+= plain
                } else {
                    let next = unsafe address[position]
                    if Self.isPlain(next) {
                        unsafe base[count] = next
                        position &+= 1
                        count &+= 1
                        continue
                    }
                }
                unsafe escape(address, &position, end)
            }
        }
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5c
    }

    /// One character that needs thought; moves `position` past it.
    private mutating func escape(
        _ address: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int
    ) {
        let next = unsafe address[position]
        if next < 0x80 {
            position &+= 1
            switch next {
            case UInt8(ascii: "\""): pair(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): pair(UInt8(ascii: "\\"))
            case 0x0a: pair(UInt8(ascii: "n"))
            case 0x0d: pair(UInt8(ascii: "r"))
            case 0x09: pair(UInt8(ascii: "t"))
            default: controlCharacter(next)
            }
        } else {
            let length = unsafe UTF8Check.length(
                of: UnsafeBufferPointer(start: address + position, count: end &- position))
            if length == 0 {
                replacementCharacter()
                position &+= 1
            } else {
                for _ in 0..<length {
                    unsafe base[count] = unsafe address[position]
                    count &+= 1
                    position &+= 1
                }
            }
        }
        reserve(end &- position &+ 16)
    }

    /// Two bytes for one; the room of 16 beyond the rest of the string covers it.
    @inline(__always)
    private mutating func pair(_ letter: UInt8) {
        unsafe base[count] = UInt8(ascii: "\\")
        unsafe base[count &+ 1] = letter
        count &+= 2
    }

    private mutating func controlCharacter(_ value: UInt8) {
        literal("\\u00")
        byte(Self.hexDigit(value &>> 4))
        byte(Self.hexDigit(value & 0xf))
    }

    private mutating func replacementCharacter() {
        replacedInvalidUTF8 = true
        byte(0xef)
        byte(0xbf)
        byte(0xbd)
    }

    @inline(__always)
    static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? value &+ UInt8(ascii: "0") : value &+ (UInt8(ascii: "a") &- 10)
    }
}

// MARK: - Numbers, ids, times

extension JSONWriter {
    @usableFromInline package mutating func unsigned(_ value: UInt64) {
        reserve(20)
        let digits = DecimalDigits.count(value)
        var at = count &+ digits
        var rest = value
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            rest = quotient
            at &-= 2
            unsafe base[at] = UInt8(truncatingIfNeeded: pair / 10) &+ UInt8(ascii: "0")
            unsafe base[at &+ 1] = UInt8(truncatingIfNeeded: pair % 10) &+ UInt8(ascii: "0")
        }
        if rest >= 10 {
            unsafe base[count] = UInt8(truncatingIfNeeded: rest / 10) &+ UInt8(ascii: "0")
            unsafe base[count &+ 1] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
        } else {
            unsafe base[count] = UInt8(truncatingIfNeeded: rest) &+ UInt8(ascii: "0")
        }
        count &+= digits
    }

    @usableFromInline package mutating func signed(_ value: Int64) {
        if value < 0 { byte(UInt8(ascii: "-")) }
        unsigned(value.magnitude)
    }

    /// A finite number in its shortest form that reads back equal; `NaN` and the infinities as the
    /// strings that OTLP/JSON gives them (OTLP-REQUIREMENTS D19).
    @usableFromInline package mutating func double(_ value: Double) {
        if value.isFinite {
            var text = value.description
            text.withUTF8 { utf8 in
                raw(unsafe utf8.span, 0, utf8.count)
            }
        } else if value.isNaN {
            literal("\"NaN\"")
        } else {
            literal(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
        }
    }

    /// Bytes as lower-case hex, in quotes.
    @usableFromInline package mutating func hex(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        byte(UInt8(ascii: "\""))
        hexContent(bytes, start, end)
        byte(UInt8(ascii: "\""))
    }

    @usableFromInline package mutating func hexContent(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) {
        precondition(start >= 0 && start <= end && end <= bytes.count)
        reserve(2 &* (end &- start))
        var index = start
        while end &- index >= 8 {
            let word = unsafe bytes.bytes.unsafeLoadUnaligned(
                fromByteOffset: index, as: UInt64.self
            ).bigEndian
            // Room for two characters a byte was reserved.
            let place = unsafe UnsafeMutableRawPointer(base + count)
            unsafe place.storeBytes(
                of: HexDigits.eight(UInt32(truncatingIfNeeded: word &>> 32)).bigEndian,
                as: UInt64.self)
            unsafe (place + 8).storeBytes(
                of: HexDigits.eight(UInt32(truncatingIfNeeded: word)).bigEndian, as: UInt64.self)
            count &+= 16
            index &+= 8
        }
        while index < end {
            let value = bytes[index]
            unsafe base[count] = Self.hexDigit(value &>> 4)
            unsafe base[count &+ 1] = Self.hexDigit(value & 0xf)
            count &+= 2
            index &+= 1
        }
    }

    /// Bytes as base64 with padding, in quotes (RFC 4648 4, as OTLP/JSON writes them).
    @usableFromInline package mutating func base64(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        precondition(start >= 0 && start <= end && end <= bytes.count)
        byte(UInt8(ascii: "\""))
        var index = start
        while index < end {
            let left = end &- index
            let first = UInt32(bytes[index])
            let second = left > 1 ? UInt32(bytes[index &+ 1]) : 0
            let third = left > 2 ? UInt32(bytes[index &+ 2]) : 0
            let group = first &<< 16 | second &<< 8 | third
            byte(Self.base64Digit(group &>> 18))
            byte(Self.base64Digit(group &>> 12 & 63))
            byte(left > 1 ? Self.base64Digit(group &>> 6 & 63) : UInt8(ascii: "="))
            byte(left > 2 ? Self.base64Digit(group & 63) : UInt8(ascii: "="))
            index &+= 3
        }
        byte(UInt8(ascii: "\""))
    }

    private static func base64Digit(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        return switch value {
        case 0..<26: value &+ UInt8(ascii: "A")
        case 26..<52: value &- 26 &+ UInt8(ascii: "a")
        case 52..<62: value &- 52 &+ UInt8(ascii: "0")
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    /// A time as JavaScript's `Date.toISOString()` writes it, in quotes: UTC, three decimals.
    ///
    /// - Parameter milliseconds: since 1970; below the year 10000 (`Timestamps.maxMilliseconds`).
    @usableFromInline package mutating func time(milliseconds: UInt64) {
        let (days, inDay) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        if days != day.number { day = CachedDay(number: days) }
        let (seconds, fraction) = inDay.quotientAndRemainder(dividingBy: 1000)
        reserve(26)
        unsafe base[count] = UInt8(ascii: "\"")
        for index in 0..<10 { unsafe base[count &+ 1 &+ index] = day.text[index] }
        put(UInt8(ascii: "T"), seconds / 3600, at: 11)
        put(UInt8(ascii: ":"), seconds / 60 % 60, at: 14)
        put(UInt8(ascii: ":"), seconds % 60, at: 17)
        unsafe base[count &+ 20] = UInt8(ascii: ".")
        put(UInt8(truncatingIfNeeded: fraction / 100) &+ UInt8(ascii: "0"), fraction % 100, at: 21)
        unsafe base[count &+ 24] = UInt8(ascii: "Z")
        unsafe base[count &+ 25] = UInt8(ascii: "\"")
        count &+= 26
    }

    /// A character and two digits; their place was reserved.
    @inline(__always)
    private mutating func put(_ character: UInt8, _ value: UInt64, at offset: Int) {
        unsafe base[count &+ offset] = character
        unsafe base[count &+ offset &+ 1] =
            UInt8(truncatingIfNeeded: value / 10) &+ UInt8(ascii: "0")
        unsafe base[count &+ offset &+ 2] =
            UInt8(truncatingIfNeeded: value % 10) &+ UInt8(ascii: "0")
    }
}
