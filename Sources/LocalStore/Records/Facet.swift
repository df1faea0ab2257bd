/// A value that people choose from when they filter.
struct Facet: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case service, type, model, agent
    }

    let kind: Kind
    let value: String
}
