using Orrery.Cli.Arguments;

namespace Orrery.Cli.Verbs;

/// <content>Jobs of networks that make images or videos.</content>
public static partial class ServeFlags
{
    /// <summary>What those networks alone take.</summary>
    public static string[] OfGeneratorsAlone { get; } = ["--frames", "--steps", "--guidance", "--cp"];

    /// <summary>What those networks take beside the flags of their own: nothing that is of tokens, caches or engines.</summary>
    public static string[] OfGenerators { get; } =
    [
        "--model", "--system", "--chips", "--rate", "--arrivals", "--concurrency", "--requests", "--slo", "--tp", "--replicas", "--precision", "--max-batch", "--stack", "--lnc", "--price", "--csv",
        "--seed", "--assume", "--json", "--image-size",
    ];

    /// <summary>Jobs of networks that make images or videos.</summary>
    private static FlagDescription[] Generation() =>
    [
        new("--image-size", FlagKind.Text, "HxW", "pixels of the image or clip that a diffusion model makes, or of the images before a vision tower that takes any size; the model's usual size when left out"),
        new("--frames", FlagKind.Integer, "N", "frames of the clip that a video model makes; as usual for it when left out") { High = 1 << 20 },
        new("--steps", FlagKind.Integer, "N", "denoising steps of a job of a diffusion model; as usual for it when left out") { High = 1 << 20 },
        new("--guidance", FlagKind.Switch, "", "a second pass a step, without the text; as usual for the model when left out, 'off' forbids it"),
        Degree("--cp", "context parallelism of a diffusion model's group, in ranks; 1 when left out"),
    ];
}
