package import MastraRecords
package import SendingQueue

/// Learns how records end, beside the books: somebody shows it. Called inside the lane; it must not block.
package protocol DeliveryWitness: Sendable {
    /// - Parameter body: `{"spans":[…]}` of the records that have ended.
    func ended(_ body: ByteBlock, as settlement: Settlement, because cause: DropCause)
}
