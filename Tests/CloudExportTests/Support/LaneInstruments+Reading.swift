import CloudExport
import Instruments

extension LaneInstruments {
    /// Attempts that ended so.
    func count(of outcome: String) -> UInt64? {
        attempts.first { $0.outcome == outcome }?.counter.value
    }
}
