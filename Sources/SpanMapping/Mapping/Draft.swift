import MastraRecords
import OTLP

/// The fields of one record as far as rules have filled them; values lie in `SpanMapper.tree`.
struct Draft: Sendable {
    typealias ID = ValueTree.ID

    struct Entity: Sendable {
        var type: StaticString
        var id: ID
        var name: ID
        var hasOwnID: Bool
    }

    /// An object, of which left-overs are written behind.
    var attributes: ID = 0
    var input: ID?
    var output: ID?
    /// Members of `metadata` that span attributes fill, the user's own last.
    var metadata: ID?
    var userMetadata: ID?
    var hasEnvironment = false
    var tags: ID?
    var entity: Entity?
    /// The attribute whose list of events the input was taken from.
    var inputList: Int?
    /// In place of the span's name.
    var name: ID?
    var isEvent = false
    /// Mastra's own exporter made the span: its values are read exactly as that wrote them.
    var isMastraType = false

    /// GenAI instructions that are not yet part of a field.
    var systemInstructions: (position: Int, value: ID)?
    /// Usage of the spans below, for a call that leaves it to them (MASTRA-CONTRACT 4.5).
    var inheritedUsage: Usage?

    /// JSON of keys that several fields are read from, each parsed once.
    var blobs: [(position: Int, value: ID?)] = []
    /// Indexed keys that were made lists again, with the positions that are in them.
    var lists: [(family: KeyFamily, value: ID?, positions: [Int])] = []
    /// Events whose whole content is in a field.
    var usedEvents: Set<Int> = []

    mutating func reset() {
        self = Draft(blobs: blobs, lists: lists)
        blobs.removeAll(keepingCapacity: true)
        lists.removeAll(keepingCapacity: true)
    }

    init() {}

    private init(
        blobs: [(position: Int, value: ID?)],
        lists: [(family: KeyFamily, value: ID?, positions: [Int])]
    ) {
        self.blobs = blobs
        self.lists = lists
    }
}
