import Glibc
import SendingQueue

extension Doctor {
    func queue() -> [Diagnosis] {
        guard let path = configuration.queueDirectory else {
            return [
                Diagnosis(
                    "queue", .note, "in memory: spans that wait are lost with the process",
                    advice: "set queue_directory so that they are not")
            ]
        }
        do throws(StorageError) {
            return try examine(PosixDirectory(existing: path))
        } catch {
            guard error.code == ENOENT else {
                return [
                    Diagnosis(
                        "queue", .failed, "\(path) cannot be used: \(error)",
                        advice: "make it a directory of the gateway's user, mode 0700")
                ]
            }
            return [missing(path)]
        }
    }

    private func missing(_ path: String) -> Diagnosis {
        let parent = path.lastIndex(of: "/").map {
            $0 == path.startIndex ? "/" : String(path[..<$0])
        }
        guard let parent, unsafe access(parent, W_OK | X_OK) == 0 else {
            return Diagnosis(
                "queue", .failed, "\(path) is not there, and cannot be made",
                advice: "make \(parent ?? "its parent"), writable for user \(geteuid())")
        }
        return Diagnosis("queue", .ok, "\(path) is not there yet; the gateway makes it")
    }

    private func examine(_ directory: PosixDirectory) -> [Diagnosis] {
        if let complaint = directory.complaint() {
            return [
                Diagnosis(
                    "queue", .failed, complaint,
                    advice:
                        "run this as the user of the gateway, and keep the directory to that user")
            ]
        }
        var diagnoses: [Diagnosis] = []
        if let doubt = directory.doubt() {
            diagnoses.append(
                Diagnosis(
                    "queue", .warning, "\(directory.path): \(doubt)",
                    advice: "put it on a disk or a volume of its own"))
        }
        diagnoses += [writing(in: directory), room(in: directory)]
        return diagnoses + contents(of: directory)
    }

    /// Writes and syncs, unless a gateway is at it.
    private func writing(in directory: PosixDirectory) -> Diagnosis {
        do throws(DirectoryLock.Failure) {
            // Asked for and given back at once: a gateway that starts meanwhile must not find it taken.
            _ = try DirectoryLock(in: directory)
        } catch {
            switch error {
            case .held(let holder):
                return Diagnosis("queue", .ok, "\(directory.path) is in use by \(holder)")
            case .storage(let error):
                return Diagnosis(
                    "queue", .failed, "\(directory.path): \(error)", advice: Self.diskAdvice)
            }
        }
        do throws(StorageError) {
            let time = try Self.syncTime(in: directory)
            let text = "\(directory.path) keeps 4 KiB within \(Int(time / .microseconds(1))) us"
            guard time > .milliseconds(50) else { return Diagnosis("queue", .ok, text) }
            return Diagnosis(
                "queue", .warning, text,
                advice: "each answer waits for this; use a faster disk, or queue_durability: write")
        } catch {
            return Diagnosis(
                "queue", .failed, "\(directory.path): \(error)", advice: Self.diskAdvice)
        }
    }

    private static let diskAdvice = "see that the disk is writable, healthy and not full"

    /// The middle one of five writes with a sync.
    private static func syncTime(in directory: PosixDirectory) throws(StorageError) -> Duration {
        let name = "doctor-\(getpid())"
        let file = try directory.create(name)
        let bytes = [UInt8](repeating: 0x64, count: 4096)
        var times: [Duration] = []
        var failure: StorageError?
        for turn in 0..<5 {
            do throws(StorageError) {
                let begin = ContinuousClock.now
                try file.write(bytes, at: UInt64(turn * bytes.count))
                try file.sync()
                times.append(.now - begin)
            } catch {
                failure = error
                break
            }
        }
        try directory.remove(name)
        if let failure { throw failure }
        return times.sorted()[times.count / 2]
    }

    private func room(in directory: PosixDirectory) -> Diagnosis {
        guard let free = directory.freeSpace() else {
            return Diagnosis("room", .skipped, "the file system does not tell")
        }
        let wanted =
            configuration.queueBytes + configuration.deadLetterBytes
            + configuration.queueMinFree
        let text = "\(free >> 20) MiB are free"
        if free <= UInt64(configuration.queueMinFree) {
            return Diagnosis(
                "room", .failed, text + ", no more than queue_min_free: spans are refused",
                advice: "free some, or lower queue_min_free")
        }
        guard free < UInt64(wanted) else { return Diagnosis("room", .ok, text) }
        return Diagnosis(
            "room", .warning,
            text
                + "; queue_max_bytes, dead_letter_max_bytes and queue_min_free together are \(wanted >> 20) MiB",
            advice:
                "give the disk more room, or lower queue_max_bytes, unless the queue is what fills it"
        )
    }

    private func contents(of directory: PosixDirectory) -> [Diagnosis] {
        do {
            return try QueueReport(of: directory.path).lanes().flatMap { lane -> [Diagnosis] in
                var found = [
                    Diagnosis(
                        "lane \(lane.name)", .ok,
                        "\(lane.waiting.spans) spans wait, \(lane.deadLetters.spans) dead letters")
                ]
                if lane.deadLetters.spans > 0 {
                    found[0] = Diagnosis(
                        "lane \(lane.name)", .note, found[0].text,
                        advice:
                            "mastra-gateway queue inspect \(directory.path) --lane \(lane.name) --dead-letters says why"
                    )
                }
                let figures = lane.figures
                let damage = figures.corruptRecords + figures.badSegments + figures.missingRecords
                if damage > 0 {
                    found.append(
                        Diagnosis(
                            "lane \(lane.name)", .warning, "\(damage) places are damaged",
                            advice:
                                "mastra-gateway queue verify \(directory.path) --lane \(lane.name) tells them all"
                        ))
                }
                return found
            }
        } catch {
            return [
                Diagnosis(
                    "lanes", .failed, "\(error)",
                    advice: "mastra-gateway queue verify \(directory.path) tells what can be read")
            ]
        }
    }
}
