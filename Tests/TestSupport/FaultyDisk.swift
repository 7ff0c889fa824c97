// FaultyDisk.swift — a disk that fails when a test says so: SQLite's own file system with two calls looked into.

import Foundation
import GRDBSQLite
import Synchronization

/// Faults of the files in one directory. Make it before the store opens them.
package final class FaultyDisk: Sendable {
    package enum Call: Sendable { case write, sync }
    /// What a call answers instead of being made; SQLITE_OK: it is made.
    package typealias Fault = @Sendable (Call) -> Int32

    private let fault = Mutex<Fault>({ _ in SQLITE_OK })

    package init(directory: String) {
        _ = Self.isInstalled
        Self.disks.withLock { $0[directory] = self }
    }

    package func fail(_ fault: @escaping Fault) { self.fault.withLock { $0 = fault } }
    /// Full, but for what giving back the store's reserve makes room for.
    package func fill(butFor reserve: String) {
        fail { call in call == .write && size(of: reserve) > 0 ? SQLITE_FULL : SQLITE_OK }
    }

    /// What is written does not reach the disk, and the system says so: SQLITE_IOERR_FSYNC.
    package func failSyncs() { fail { $0 == .sync ? SQLITE_IOERR | 4 << 8 : SQLITE_OK } }

    package func heal() { fail { _ in SQLITE_OK } }

    fileprivate func answer(_ call: Call) -> Int32 { fault.withLock { $0 }(call) }
}

// SQLite calls C functions, which capture nothing: what they need is here. Unwrapped by force, for it must be there.
// swift-format-ignore: NeverForceUnwrap
extension FaultyDisk {
    /// What was there before, and never changes.
    private struct Open: @unchecked Sendable {
        let disk: FaultyDisk
        let methods: sqlite3_io_methods
    }

    private static let disks = Mutex<[String: FaultyDisk]>([:])
    private static let files = Mutex<[UInt: Open]>([:])
    nonisolated(unsafe) private static let system = sqlite3_vfs_find(nil)!

    /// Makes it the default of this process; files of other directories go straight through.
    private static let isInstalled: Bool = {
        let own = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        own.initialize(to: system.pointee)
        own.pointee.zName = UnsafePointer(strdup("faulty"))
        own.pointee.xOpen = { _, name, file, flags, outFlags in
            FaultyDisk.open(name, file!, flags, outFlags)
        }
        return sqlite3_vfs_register(own, 1) == SQLITE_OK
    }()

    private static func open(
        _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let code = system.pointee.xOpen(system, name, file, flags, outFlags)
        let directory = name.map { String(cString: $0).split(separator: "/").dropLast().joined(separator: "/") } ?? ""
        guard code == SQLITE_OK, let disk = disks.withLock({ $0["/" + directory] }), let methods = file.pointee.pMethods
        else { return code }
        let opened = Open(disk: disk, methods: methods.pointee), address = UInt(bitPattern: file)
        files.withLock { $0[address] = opened }
        let own = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)  // Never freed: a few, in tests.
        own.initialize(to: methods.pointee)
        own.pointee.xWrite = { file, bytes, count, offset in
            let open = FaultyDisk.opened(file)
            let code = open.disk.answer(.write)
            return code == SQLITE_OK ? open.methods.xWrite(file, bytes, count, offset) : code
        }
        own.pointee.xSync = { file, flags in
            let open = FaultyDisk.opened(file)
            let code = open.disk.answer(.sync)
            return code == SQLITE_OK ? open.methods.xSync(file, flags) : code
        }
        own.pointee.xClose = { file in
            let open = FaultyDisk.opened(file)
            return open.methods.xClose(file)
        }
        file.pointee.pMethods = UnsafePointer(own)
        return SQLITE_OK
    }

    private static func opened(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Open {
        let address = UInt(bitPattern: file)
        return files.withLock { $0[address]! }
    }
}

private func size(of path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
}
