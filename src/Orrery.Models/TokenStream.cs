namespace Orrery.Models;

/// <summary>Where the tokens come from that a layer works on.</summary>
public enum TokenStreamKind : byte
{
    /// <summary>The sequence that a plan states.</summary>
    Sequence,

    /// <summary>The input text of an encoder-decoder model.</summary>
    Encoder,

    /// <summary>The patches of images.</summary>
    Image,

    /// <summary>One row a sequence, or a text that conditions a generator.</summary>
    Condition,
}

/// <summary>
/// The tokens of a layer for each sequence of a plan: <see cref="Pieces"/> pieces of <see cref="Length"/> tokens that do not attend to one another.
/// A length of 0 is the sequence's own.
/// </summary>
/// <param name="Pieces">Images a sequence, 1 for texts; 0 only for the sequence itself (the default value) and for no images.</param>
public readonly record struct TokenStream(TokenStreamKind Kind, int Pieces, int Length)
{
    /// <summary>The text that an encoder reads.</summary>
    /// <param name="length">Tokens; 0 is as many as the decoder's sequence has.</param>
    public static TokenStream OfEncoder(int length) => new(TokenStreamKind.Encoder, 1, length);

    /// <summary>Images of <paramref name="length"/> patches or tokens each.</summary>
    public static TokenStream OfImages(int images, int length) => new(TokenStreamKind.Image, images, length);

    /// <summary>Rows that do not grow with the sequence.</summary>
    public static TokenStream OfCondition(int rows) => new(TokenStreamKind.Condition, 1, rows);

    /// <summary>Pieces for each sequence of the plan.</summary>
    public int PiecesPerSequence => Kind == TokenStreamKind.Sequence ? 1 : Pieces;

    /// <summary>Tokens of one piece beside a sequence of <paramref name="sequence"/> tokens.</summary>
    public double LengthAt(double sequence) => Length == 0 ? sequence : Length;

    /// <summary>Tokens of all pieces.</summary>
    public double Tokens(double sequence) => PiecesPerSequence * LengthAt(sequence);
}
