using Orrery.Cli.Arguments;

namespace Orrery.Cli.Verbs;

/// <summary>Every verb of the command line. A description is built only when its verb is called or helped with.</summary>
public static class VerbTable
{
    /// <summary>In the order help lists them.</summary>
    public static readonly string[] Names = ["train", "serve", "collective", "replay", "validate", "calibrate", "explain", "list", "show", "doctor"];

    /// <summary>The verb of that name; null where there is none.</summary>
    public static VerbDescription? Find(string name) => name switch
    {
        "train" => TrainVerb.Describe(),
        "serve" => ServeVerb.Describe(),
        "collective" => CollectiveVerb.Describe(),
        "replay" => ReplayVerb.Describe(),
        "validate" => ValidateVerb.Describe(),
        "calibrate" => CalibrateVerb.Describe(),
        "explain" => ExplainVerb.Describe(),
        "list" => ListVerb.Describe(),
        "show" => ShowVerb.Describe(),
        "doctor" => DoctorVerb.Describe(),
        _ => null,
    };
}
