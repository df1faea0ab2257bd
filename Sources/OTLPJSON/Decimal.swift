/// A number as JSON spells it, taken apart without loss: `significand * 10^exponent`.
struct Decimal {
    private(set) var isNegative = false
    /// Without trailing zeros; meaningless where it `overflows`.
    private var significand: UInt64 = 0
    /// More than 64 bits of significand: no integer of 64 bits, since its last digit is not 0.
    private var overflows = false
    private var exponent = 0

    /// Nil for what is no JSON number, or has anything before or behind it.
    init?(_ text: Span<UInt8>) {
        var position = 0
        isNegative = Self.take(UInt8(ascii: "-"), text, &position)
        let first = position
        var zeros = digits(text, &position, zeros: 0)
        guard position > first else { return nil }
        guard position == first &+ 1 || text[first] != UInt8(ascii: "0") else { return nil }
        if Self.take(UInt8(ascii: "."), text, &position) {
            let fraction = position
            zeros = digits(text, &position, zeros: zeros)
            guard position > fraction else { return nil }
            exponent = fraction &- position
        }
        if Self.take(UInt8(ascii: "e"), text, &position)
            || Self.take(UInt8(ascii: "E"), text, &position)
        {
            guard let power = Self.power(text, &position) else { return nil }
            exponent &+= power
        }
        exponent &+= zeros
        guard position == text.count else { return nil }
    }

    @inline(__always)
    private static func take(
        _ byte: UInt8, _ text: Span<UInt8>, _ position: inout Int
    ) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position &+= 1
        return true
    }

    /// Adds digits to the significand.
    ///
    /// - Parameter zeros: zeros before them that have not been added. Answers those at their end,
    ///   which count only if another digit follows.
    private mutating func digits(
        _ text: Span<UInt8>, _ position: inout Int, zeros: Int
    ) -> Int {
        var zeros = zeros
        while position < text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            position &+= 1
            guard digit != 0 else {
                zeros &+= 1
                continue
            }
            if !overflows {
                let fits =
                    Self.scale(&significand, by: zeros &+ 1)
                    && Self.add(UInt64(digit), to: &significand)
                overflows = !fits
            }
            zeros = 0
        }
        return zeros
    }

    private static func power(_ text: Span<UInt8>, _ position: inout Int) -> Int? {
        let isNegative = take(UInt8(ascii: "-"), text, &position)
        if !isNegative { _ = take(UInt8(ascii: "+"), text, &position) }
        let start = position
        var power = 0
        while position < text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            // Above what any body has digits: nothing can bring such a number back into range.
            power = min(power &* 10 &+ Int(digit), 1 << 40)
            position &+= 1
        }
        guard position > start else { return nil }
        return isNegative ? 0 &- power : power
    }

    /// False where the product has more than 64 bits.
    private static func scale(_ value: inout UInt64, by powerOfTen: Int) -> Bool {
        guard value != 0 else { return true }
        guard powerOfTen < 20 else { return false }
        for _ in 0..<powerOfTen {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return false }
            value = product
        }
        return true
    }

    private static func add(_ digit: UInt64, to value: inout UInt64) -> Bool {
        let (sum, overflow) = value.addingReportingOverflow(digit)
        value = sum
        return !overflow
    }
}

// MARK: - Integers

extension Decimal {
    /// The exact integer in two's complement, or nil for a fraction and for what is out of range.
    ///
    /// - Parameters:
    ///   - lowest: how far below zero it may be.
    ///   - highest: the greatest value.
    func integer(from lowest: UInt64, to highest: UInt64) -> UInt64? {
        var magnitude = significand
        guard !overflows, exponent >= 0 || magnitude == 0,
            Self.scale(&magnitude, by: max(exponent, 0)),
            magnitude <= (isNegative ? lowest : highest)
        else { return nil }
        return isNegative ? 0 &- magnitude : magnitude
    }
}

// MARK: - Doubles

extension Decimal {
    /// The nearest double, or nil where that is infinite.
    ///
    /// - Parameter text: what this number was read from.
    func double(_ text: Span<UInt8>) -> Double? {
        guard let magnitude = quickMagnitude ?? slowMagnitude(text), magnitude.isFinite else {
            return nil
        }
        return isNegative ? -magnitude : magnitude
    }

    /// A significand of up to 53 bits and a power of ten up to 10^22 are doubles as they are, so
    /// that one rounded operation gives the nearest double (Clinger, 1990).
    private var quickMagnitude: Double? {
        guard !overflows, significand <= 1 << 53 else { return nil }
        guard significand != 0 else { return 0 }
        guard exponent.magnitude <= 22 else { return nil }
        var power = 1.0
        for _ in 0..<exponent.magnitude { power *= 10 }
        return exponent < 0 ? Double(significand) / power : Double(significand) * power
    }

    /// The standard library's conversion, on digits of bounded number.
    ///
    /// Where a number lies between two doubles is told by at most 767 digits and whether more
    /// follow that are not 0: for those stands a 1.
    private func slowMagnitude(_ text: Span<UInt8>) -> Double? {
        var digits = ""
        var dropped = 0
        var hasDroppedDigit = false
        var fraction = 0
        var isFraction = false
        var position = 0
        loop: while position < text.count {
            let byte = text[position]
            position &+= 1
            switch byte {
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if isFraction { fraction &+= 1 }
                if digits.utf8.count < Self.decidingDigits {
                    if !digits.isEmpty || byte != UInt8(ascii: "0") {
                        digits.unicodeScalars.append(Unicode.Scalar(byte))
                    }
                } else {
                    dropped &+= 1
                    hasDroppedDigit = hasDroppedDigit || byte != UInt8(ascii: "0")
                }
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                position &-= 1
                break loop
            default: break
            }
        }
        var power = 0
        if position < text.count {
            position &+= 1
            power = Self.power(text, &position) ?? 0
        }
        power = power &- fraction &+ dropped
        if hasDroppedDigit {
            digits += "1"
            power &-= 1
        }
        return Double("\(digits)e\(power)")
    }

    private static var decidingDigits: Int { 800 }

    /// What JSON has no number for and ProtoJSON writes as a string.
    static func notFinite(_ text: Span<UInt8>) -> Double? {
        let values: [(name: StaticString, value: Double)] = [
            ("NaN", .nan), ("Infinity", .infinity), ("-Infinity", -.infinity),
        ]
        return values.first { text.spells($0.name) }?.value
    }
}

extension Span<UInt8> {
    func spells(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            // Both have `count` bytes.
            guard unsafe self[index] == word.utf8Start[index] else { return false }
        }
        return true
    }
}
