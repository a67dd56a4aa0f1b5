namespace Orrery.Models;

/// <summary>How an image or a video becomes the tokens of a diffusion transformer: pixels to latents by an autoencoder, latents to patches.</summary>
/// <param name="PatchFrames">Latent frames of one patch; 1 for images.</param>
/// <param name="FrameStride">Frames of one latent frame; the first frame stands alone. 1 for images.</param>
/// <param name="PixelStride">Pixels of one latent in height and width; 0 where the model's file does not say.</param>
public sealed record LatentGridDescription(int PatchFrames, int PatchHeight, int PatchWidth, int FrameStride, int PixelStride)
{
    /// <summary>
    /// Tokens of one image or clip: <c>(1 + (frames - 1) / frameStride) / patchFrames</c> by <c>height / pixelStride / patchHeight</c> by the same of the
    /// width, each rounded down.
    /// </summary>
    /// <param name="frames">1 or more; 1 is an image.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    public int Tokens(int frames, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        int stride = Math.Max(1, PixelStride);
        long latentFrames = 1 + ((frames - 1) / Math.Max(1, FrameStride));
        return (int)Math.Min(int.MaxValue, latentFrames / PatchFrames * (height / stride / PatchHeight) * (width / stride / PatchWidth));
    }
}
