// ConnectionDeadline.swift — one moment by which something must have happened, cheap to move on every request.

import NIOCore

/// A later deadline only changes a number: the callback that is scheduled already finds it and schedules itself anew.
final class ConnectionDeadline: NIOScheduledCallbackHandler {
    /// Called on the event loop, once for each deadline that is reached.
    var whenOver: () -> Void = {}
    private let eventLoop: any EventLoop
    private var deadline: NIODeadline?
    private var scheduled: (callback: NIOScheduledCallback, at: NIODeadline)?

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func set(_ deadline: NIODeadline) {
        self.deadline = deadline
        if let scheduled {
            guard deadline < scheduled.at else { return }
            scheduled.callback.cancel()
        }
        schedule(at: deadline)
    }

    /// Nothing is due for now; the callback that is scheduled may run empty.
    func clear() { deadline = nil }

    /// Nothing will be due again.
    func cancel() {
        deadline = nil
        scheduled?.callback.cancel()
        scheduled = nil
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        scheduled = nil
        guard let deadline else { return }
        guard deadline <= .now() else { return schedule(at: deadline) }
        self.deadline = nil
        whenOver()
    }

    private func schedule(at deadline: NIODeadline) {
        // Throws only when the event loop has shut down, and then there is nothing left to close.
        scheduled = (try? eventLoop.assumeIsolated().scheduleCallback(at: deadline, handler: self)).map {
            ($0, deadline)
        }
    }
}
