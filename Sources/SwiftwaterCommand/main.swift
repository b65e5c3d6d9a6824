import Swiftwater
