import SendingQueue

/// What a queue should do, written for being obvious: lists are sorted, and the books are counted
/// anew from every span's fate.
struct QueueModel {
    struct Piece: Hashable {
        var sequence: Int
        var spans: Range<Int>
    }

    private enum Fate: Hashable {
        case held
        case delivered
        case dropped(DropReason)
    }

    let maxBytes: Int
    let maxSpans: Int
    private(set) var waiting: [Piece] = []
    private var requests: [(bytes: Int, fates: [Fate])] = []
    private var rejected = 0
    private var refused = 0
    private var isClosed = false

    init(maxBytes: Int, maxSpans: Int) {
        self.maxBytes = maxBytes
        self.maxSpans = maxSpans
    }

    /// Whether the offer is accepted.
    mutating func offer(spans: Int, bytes: Int, rejected: Int) -> Bool {
        let books = books
        let hasRoom =
            spans == 0 || books.queuedRequests == 0
            || Int(books.queuedSpans) + spans <= maxSpans
                && Int(books.queuedBytes) + bytes <= maxBytes
        guard hasRoom, !isClosed else {
            refused += spans + rejected
            return false
        }
        self.rejected += rejected
        if spans > 0 {
            waiting.append(Piece(sequence: requests.count, spans: 0..<spans))
            requests.append((bytes, [Fate](repeating: .held, count: spans)))
        }
        return true
    }

    mutating func take() -> Piece? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }

    mutating func settle(_ piece: Piece, as settlement: Settlement) {
        for span in piece.spans {
            requests[piece.sequence].fates[span] =
                switch settlement {
                case .delivered: .delivered
                case .dropped(let reason): .dropped(reason)
                }
        }
    }

    mutating func putBack(_ piece: Piece) {
        guard !piece.spans.isEmpty else { return }
        waiting.append(piece)
        waiting.sort { ($0.sequence, $0.spans.lowerBound) < ($1.sequence, $1.spans.lowerBound) }
    }

    mutating func close() {
        isClosed = true
    }

    var waitingSpans: Int { waiting.reduce(0) { $0 + $1.spans.count } }

    var books: Books {
        var books = Books()
        books.capacityBytes = UInt64(maxBytes)
        books.capacitySpans = UInt64(maxSpans)
        books.rejected = UInt64(rejected)
        books.refused = UInt64(refused)
        for request in requests {
            books.accepted += UInt64(request.fates.count)
            for fate in request.fates {
                switch fate {
                case .held: books.queuedSpans += 1
                case .delivered: books.delivered += 1
                case .dropped(let reason): books.dropped[reason, default: 0] += 1
                }
            }
            if request.fates.contains(.held) {
                books.queuedBytes += UInt64(request.bytes)
                books.queuedRequests += 1
            }
        }
        books.received = books.accepted + books.rejected + books.refused
        return books
    }
}
