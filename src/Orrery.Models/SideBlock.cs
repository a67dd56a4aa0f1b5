namespace Orrery.Models;

/// <summary>
/// Weights outside the layers that are no vocabulary: patch and time embeddings, projectors between an encoder and a decoder, tables of positions.
/// </summary>
/// <param name="Rows">Rows that are multiplied, for each sequence of a plan.</param>
/// <param name="Input">Width of a row; 0 where nothing is multiplied.</param>
/// <param name="Table">Learned numbers beside the product and its bias.</param>
/// <param name="IsAtEnd">Behind the last layer instead of before the first.</param>
public sealed record SideBlock(string Name, TokenStream Rows, int Input, int Output, bool HasBias, long Table = 0, bool IsAtEnd = false)
{
    /// <summary>Weights that a row is multiplied with.</summary>
    public long MatmulWeights => (long)Input * Output;

    /// <summary>Product, bias and table.</summary>
    public long Parameters => MatmulWeights + (HasBias ? Output : 0) + Table;

    /// <summary>A table without a product.</summary>
    public static SideBlock OfTable(string name, long numbers, bool isAtEnd = false) => new(name, default, 0, 0, HasBias: false, numbers, isAtEnd);
}
