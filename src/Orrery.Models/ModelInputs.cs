using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Models;

/// <summary>
/// What a training sample holds beside tokens of text, as a person states it: images before a text model, the size of the image or clip that a diffusion model
/// learns, the encoder's text, and how many further tokens each position predicts. Null is what the model's file says or implies.
/// </summary>
/// <param name="Images">Images a sequence, for models with a vision tower.</param>
/// <param name="ImageSize">Height by width in pixels, <c>480x832</c>.</param>
/// <param name="Frames">Frames of a clip, for models of videos.</param>
/// <param name="EncoderTokens">Tokens of the text an encoder reads for each sequence.</param>
/// <param name="PredictionModules">Multi-token-prediction modules trained beside the model; those published with it where left out.</param>
public sealed record ModelInputs(
    int? Images = null, string? ImageSize = null, int? Frames = null, int? EncoderTokens = null, int? PredictionModules = null)
{
    private const int MostPixels = 1 << 16;

    /// <summary>The model as it is trained on such samples, and the tokens that a sample has where its size says so; errors name the flag at fault.</summary>
    /// <param name="model">As its file describes it.</param>
    /// <param name="sequence">Tokens of a sequence that the person stated, null where they did not.</param>
    public Result<ModelArchitecture> Apply(ModelArchitecture model, int? sequence, out int? tokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        List<Diagnostic> problems = [];
        tokens = null;
        ModelArchitecture trained = model;
        (int Height, int Width)? size = Size(problems);
        if (model.LatentGrid is { } grid)
            tokens = Patches(model, grid, size, sequence, problems);
        else
            trained = WithImages(model, size, sequence, problems);
        trained = WithEncoder(trained, problems);
        trained = WithPredictions(trained, problems);
        bool isWrong = problems.Exists(static problem => problem.Severity == Severity.Error);
        return new Result<ModelArchitecture>(isWrong ? null : trained, [.. problems]);
    }

    private (int Height, int Width)? Size(List<Diagnostic> problems)
    {
        if (ImageSize is not { } text)
            return null;
        string[] sides = text.Split('x');
        if (sides.Length == 2 && TrySide(sides[0], out int height) && TrySide(sides[1], out int width))
            return (height, width);
        problems.Add(Error("--image-size", ModelCodes.BadValue, $"found '{Shorten(text)}'; expected height by width in pixels, such as 480x832"));
        return null;
    }

    private static bool TrySide(string text, out int pixels) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out pixels) && pixels is >= 1 and <= MostPixels;

    /// <summary>The patches of one image or clip, which are the sequence of a diffusion model; null where no size was stated.</summary>
    private int? Patches(ModelArchitecture model, LatentGridDescription grid, (int Height, int Width)? size, int? sequence, List<Diagnostic> problems)
    {
        if (Images is not null)
            problems.Add(Error("--images", ModelCodes.Inconsistent, $"{model.Name} learns images themselves; --image-size says how large they are"));
        bool isVideo = grid.FrameStride > 1 || grid.PatchFrames > 1;
        if (Frames > 1 && !isVideo)
            problems.Add(Error("--frames", ModelCodes.Inconsistent, $"{model.Name} makes single images; leave the flag out"));
        if (size is not { } pixels)
        {
            if (Frames is not null && ImageSize is null)
                problems.Add(Error("--frames", ModelCodes.MissingKey, "frames have no size; give --image-size too, such as 480x832"));
            return null;
        }

        if (grid.PixelStride == 0)
        {
            problems.Add(Error("--image-size", ModelCodes.NotSupported, $"the file of {model.Name} does not say how many pixels a latent stands for ('vae_stride'); give --seq"));
            return null;
        }

        int patches = grid.Tokens(Frames ?? 1, pixels.Height, pixels.Width);
        if (patches < 1)
        {
            problems.Add(Error(
                "--image-size", ModelCodes.Inconsistent,
                $"an image of {pixels.Height}x{pixels.Width} pixels is smaller than one patch of {grid.PixelStride * grid.PatchHeight}x{grid.PixelStride * grid.PatchWidth}"));
            return null;
        }

        if (sequence is { } stated && stated != patches)
        {
            problems.Add(Error(
                "--seq", ModelCodes.Inconsistent,
                string.Create(CultureInfo.InvariantCulture, $"found {stated}, but {Frames ?? 1} frame{(Frames > 1 ? "s" : "")} of {pixels.Height}x{pixels.Width} pixels are {patches} patches; give one or the other")));
        }

        return patches;
    }

    private ModelArchitecture WithImages(ModelArchitecture model, (int Height, int Width)? size, int? sequence, List<Diagnostic> problems)
    {
        if (Frames is not null)
            problems.Add(Error("--frames", ModelCodes.Inconsistent, $"{model.Name} makes no videos"));
        if (model.Vision is not { } vision)
        {
            if (Images is not null)
                problems.Add(Error("--images", ModelCodes.Inconsistent, $"{model.Name} has no vision tower"));
            if (ImageSize is not null)
                problems.Add(Error("--image-size", ModelCodes.Inconsistent, $"{model.Name} has no vision tower and learns no images"));
            return model;
        }

        if (size is { } pixels)
        {
            if (vision.PatchSide == 0)
            {
                problems.Add(Error(
                    "--image-size", ModelCodes.Inconsistent,
                    $"the vision tower of {model.Name} takes images of one size, {vision.PatchesPerImage} patches each; larger ones are cut into several (--images)"));
                return model;
            }

            int patches = pixels.Height / vision.PatchSide * (pixels.Width / vision.PatchSide);
            int inText = patches / vision.PatchesPerToken;
            if (inText < 1)
            {
                problems.Add(Error("--image-size", ModelCodes.Inconsistent, $"an image of {pixels.Height}x{pixels.Width} pixels makes no token: one stands for {vision.PatchesPerToken} patches of {vision.PatchSide}x{vision.PatchSide}"));
                return model;
            }

            model = model.WithPatches(inText * vision.PatchesPerToken, inText);
            vision = model.Vision!;
        }

        int images = Images ?? 1;
        long needed = (long)images * vision.TokensPerImage;
        if (sequence is { } tokens && needed > tokens)
        {
            problems.Add(Error(
                Images is null ? "--seq" : "--images", ModelCodes.Inconsistent,
                string.Create(CultureInfo.InvariantCulture, $"{images} image{(images == 1 ? "" : "s")} of {vision.TokensPerImage} tokens do not fit a sequence of {tokens}")));
        }

        return model.WithImages(images);
    }

    private ModelArchitecture WithEncoder(ModelArchitecture model, List<Diagnostic> problems)
    {
        if (EncoderTokens is not { } tokens)
            return model;
        foreach (LayerDescription kind in model.LayerKinds)
        {
            if (kind.Stream.Kind == TokenStreamKind.Encoder)
                return model.WithEncoderTokens(tokens);
        }

        problems.Add(Error("--encoder-seq", ModelCodes.Inconsistent, $"{model.Name} has no encoder"));
        return model;
    }

    private ModelArchitecture WithPredictions(ModelArchitecture model, List<Diagnostic> problems)
    {
        int modules = PredictionModules ?? model.PredictionModules;
        if (modules == 0)
            return model with { PredictionModules = 0 };
        LayerDescription last = model.Layer(model.Layers - 1);
        if (last.Stream.Kind != TokenStreamKind.Sequence || last.Cross is not null || model.LatentGrid is not null || !last.Attention.IsCausal)
        {
            problems.Add(Error("--prediction-modules", ModelCodes.Inconsistent, $"{model.Name} predicts no next tokens"));
            return model;
        }

        if (PredictionModules is null)
        {
            string what = modules == 1 ? "module that predicts a second token is" : $"{modules} modules that predict further tokens are";
            problems.Add(new Diagnostic(
                Severity.Note, ModelCodes.DefaultTaken, "--prediction-modules", 0, 0, $"the {what} trained beside the {model.Layers} layers, as published; 0 leaves {(modules == 1 ? "it" : "them")} out"));
        }

        return (model with { PredictionModules = modules }).WithPredictionModules();
    }

    private static Diagnostic Error(string flag, string code, string message) => new(Severity.Error, code, flag, 0, 0, message);

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
