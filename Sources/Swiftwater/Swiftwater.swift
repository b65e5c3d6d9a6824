// What `import Swiftwater` gives: the public declarations of these rooms, which are for users of the package. What one
// room needs of another is `package`, and stays inside. `docs/PublicNames.txt` lists every public name.
//
// Not given: `SwiftwaterSamples` (generators for tests and demonstrations), `SwiftwaterTesting` (checks for authors of
// connectors) and `SwiftwaterServer`, which are products of their own; and `Logging`, which programs import themselves.
@_exported import SwiftwaterConnectors
@_exported import SwiftwaterCore
@_exported import SwiftwaterFormats
@_exported import SwiftwaterLive
@_exported import SwiftwaterPlots
@_exported import SwiftwaterPosts
@_exported import SwiftwaterRecommender
@_exported import SwiftwaterSQL
@_exported import SwiftwaterStorage
@_exported import SwiftwaterStreaming
@_exported import SwiftwaterTrends
