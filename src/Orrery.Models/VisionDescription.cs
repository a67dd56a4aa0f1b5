namespace Orrery.Models;

/// <summary>
/// How a vision tower turns an image into tokens. Its layers stand before those of the text model in <see cref="ModelArchitecture.LayerOrder"/>, on a
/// <see cref="TokenStreamKind.Image"/> stream; its other weights are <see cref="ModelArchitecture.Sides"/>.
/// </summary>
/// <param name="PatchesPerImage">Tokens of one image inside the tower, class token included.</param>
/// <param name="TokensPerImage">Tokens of one image in the text model's sequence.</param>
/// <param name="Layers">Layers of the tower.</param>
/// <param name="PatchSide">Pixels of a patch's side where the tower takes images of any size; 0 where it takes one size.</param>
/// <param name="PatchesPerToken">Patches that one token of the text model's sequence stands for, where images have any size.</param>
public sealed record VisionDescription(int PatchesPerImage, int TokensPerImage, int Layers, int PatchSide = 0, int PatchesPerToken = 1);
