import Address
import Mail
package struct MXHost: Sendable { package var name: Domain; package var addresses: [IPAddress] }
package enum MXLookup: Sendable { case hosts([MXHost]) }
package protocol MXResolving: Sendable { func route(to: Domain) async -> MXLookup; func addresses(of: Domain) async -> MXLookup }
extension NextHop { static func route(_ l: MXLookup, port: UInt16) -> Route { .unknown("") } }
