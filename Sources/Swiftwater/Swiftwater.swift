// What `import Swiftwater` gives.
@_exported import Logging
@_exported import SwiftwaterConnectors
@_exported import SwiftwaterCore
@_exported import SwiftwaterFormats
@_exported import SwiftwaterLive
@_exported import SwiftwaterPosts
@_exported import SwiftwaterRecommender
@_exported import SwiftwaterSQL
@_exported import SwiftwaterSamples
@_exported import SwiftwaterStorage
@_exported import SwiftwaterStreaming
@_exported import SwiftwaterTrends
