import FuzzClaims

/// How an input is sent and what happens meanwhile, as the last bytes of the input choose it. All
/// zeros send it at once, to a responder that answers at once, and end with the client's end.
struct ConnectionScript {
    static let bytes = 16

    enum Event {
        case none
        case advance(seconds: Int64)
        case replyToOldest
        case replyToNewest
        case turnWritable
        case drain
    }

    /// How the connection comes to its end.
    enum End {
        case inputEnds, silence, drain, stop, close
    }

    let holdsReplies: Bool
    let hasTrailers: Bool
    /// Bytes by which answers are larger.
    let padding: Int
    /// Bytes that bodies may take.
    let budget: Int
    /// Bytes are only sent when they are wanted, as a socket does.
    let waitsForReads: Bool
    let end: End
    private var choices: Choices

    init(_ choices: Choices) {
        self.choices = choices
        let flags = self.choices.byte()
        holdsReplies = flags & 1 != 0
        hasTrailers = flags & 2 != 0
        budget = flags & 4 != 0 ? 2000 : 200_000
        padding = flags & 8 != 0 ? 100_000 : 0
        waitsForReads = flags & 16 != 0
        end =
            [.inputEnds, .silence, .drain, .stop, .close, .inputEnds, .silence, .inputEnds][
                Int(flags >> 5)]
    }

    /// Nothing happens but that the bytes come, whole.
    static var atOnce: ConnectionScript {
        var none: [UInt8] = []
        return ConnectionScript(Choices(bytes, from: &none))
    }

    /// As `atOnce`, in the pieces that `choices` give.
    static func inPieces(_ choices: Choices) -> ConnectionScript {
        var pieces = [0] + choices.bytes.dropFirst().map { $0 & 15 }
        return ConnectionScript(Choices(bytes, from: &pieces))
    }

    /// How many bytes are sent next, at most, and what happens then.
    mutating func next() -> (count: Int, event: Event) {
        let byte = choices.byte()
        let counts = [.max, 1, 2, 3, 5, 8, 9, 13, 17, 24, 33, 64, 100, 256, 1024, 4096]
        return (counts[Int(byte & 15)], event(byte >> 4))
    }

    private func event(_ number: UInt8) -> Event {
        switch number {
        case 7: .advance(seconds: 1)
        case 8: .advance(seconds: 5)
        case 9: .advance(seconds: 11)
        case 10: .advance(seconds: 76)
        case 11: .replyToOldest
        case 12: .replyToNewest
        case 13, 14: .turnWritable
        case 15: .drain
        default: .none
        }
    }
}
