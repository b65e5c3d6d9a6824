import ArgumentParser
import Swiftwater

/// The model that is saved during training.
enum TrainingCheckpoint {
    /// Returns the model to continue from, or nil if there is none yet.
    ///
    /// - Throws: `invalidArgument` if it has other ratings or settings.
    static func read(
        _ path: String, _ settings: ALSSettings, _ ratings: Ratings
    ) throws -> MatrixFactorizationModel? {
        let model: MatrixFactorizationModel
        do { model = try ModelFile.read(path) } catch let error as SwiftwaterError where error.code == .notFound {
            return nil
        }
        var (own, wanted) = (model.settings, settings)
        (own.maxIterations, wanted.maxIterations) = (1, 1)
        (own.tolerance, wanted.tolerance) = (0, 0)
        guard own == wanted, model.history == RatingMatrix(ratings).byUser, model.userIDs == ratings.userIDs else {
            throw SwiftwaterError(
                .invalidArgument, "the checkpoint comes from other ratings or other settings", at: .init(file: path),
                remedy: "use those, or remove the file to start again")
        }
        return model
    }
}
