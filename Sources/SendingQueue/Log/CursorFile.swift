/// The file with the two slots. It is made when it is first written, with all the room that it will
/// ever need.
struct CursorFile {
    static let name = "cursor"
    private let directory: any LogDirectory
    private let lane: UInt64
    private var file: (any LogFile)?
    /// A life before may have ended between the file's renaming and the directory's sync.
    private var isNameDurable = false
    /// There is one that cannot be read now. Were it read at a later start, it would take new records for
    /// done, so that another has to be in its place before there are any.
    private(set) var isInDoubt = false
    private var generation: UInt64 = 0

    init(_ directory: any LogDirectory, lane: UInt64) {
        self.directory = directory
        self.lane = lane
    }

    enum Reading {
        case done(DoneSet)
        case missing
        case damaged
    }

    mutating func read() throws(StorageError) -> Reading {
        guard try directory.names().contains(Self.name) else { return .missing }
        let bytes: [UInt8]
        do throws(StorageError) {
            let file = try directory.open(Self.name, forWriting: false)
            bytes = try file.read(2 * CursorSlot.size, at: 0)
        } catch {
            // To be made anew: the log is sent again from its beginning, and nothing is lost.
            if error.isLackOfResources { throw error }
            isInDoubt = true
            return .damaged
        }
        let slots = [0, 1].compactMap { index in
            CursorSlot(Array(bytes.dropFirst(index * CursorSlot.size).prefix(CursorSlot.size)))
        }.filter { $0.lane == lane }
        // Where it cannot be written to, another one is made.
        let isWhole = bytes.count == 2 * CursorSlot.size
        file = isWhole ? try? directory.open(Self.name, forWriting: true) : nil
        // A file without a slot is none that was left by a crash: its name comes after its bytes.
        guard let newest = slots.max(by: { $0.generation < $1.generation }) else { return .damaged }
        generation = newest.generation
        return .done(newest.done)
    }

    /// Durable when it returns.
    mutating func write(_ done: DoneSet) throws(StorageError) {
        let slot = CursorSlot(generation: generation + 1, lane: lane, done: done)
        if let file {
            // Not to be synced again after an error: a later success would prove nothing.
            self.file = nil
            try file.write(slot.bytes, at: Self.place(of: slot))
            try file.sync()
            if !isNameDurable { try directory.sync() }
            isNameDurable = true
            self.file = file
        } else {
            file = try make(with: slot)
        }
        generation = slot.generation
    }

    /// What has the name and is no file goes out of the way.
    private func takePlace(
        of name: String, _ temporary: String
    ) throws(StorageError) {
        do throws(StorageError) {
            try directory.rename(temporary, to: name)
        } catch {
            guard error.isOfDirectory else { throw error }
            try directory.rename(name, to: name + ".bad")
            try directory.rename(temporary, to: name)
        }
    }

    private static func place(of slot: CursorSlot) -> UInt64 {
        (slot.generation & 1) * UInt64(CursorSlot.size)
    }

    /// A new file takes the old one's place once it has all that the old one had.
    private mutating func make(with slot: CursorSlot) throws(StorageError) -> any LogFile {
        let temporary = Self.name + ".new"
        isNameDurable = false
        if try directory.names().contains(temporary) { try directory.remove(temporary) }
        let file = try directory.create(temporary)
        try file.write([UInt8](repeating: 0, count: 2 * CursorSlot.size), at: 0)
        try file.write(slot.bytes, at: Self.place(of: slot))
        try file.sync()
        try takePlace(of: Self.name, temporary)
        try directory.sync()
        isNameDurable = true
        isInDoubt = false
        return file
    }
}
