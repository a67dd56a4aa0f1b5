using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Training;

/// <summary>How many layers each model chunk holds, in the order of the network; or that they are to be found so that the longest chunk is as short as can be.</summary>
public sealed class PipelineSplit : IEquatable<PipelineSplit>
{
    /// <summary>The word for <see cref="Automatic"/>.</summary>
    public const string AutomaticWord = "auto";

    private PipelineSplit(ImmutableArray<int> layers) => Layers = layers;

    /// <summary>Found from the times of the layers, the embedding and the vocabulary projection.</summary>
    public static PipelineSplit Automatic { get; } = new([]);

    /// <summary>Layers of each chunk; empty for <see cref="Automatic"/>.</summary>
    public ImmutableArray<int> Layers { get; }

    public bool IsAutomatic => Layers.IsEmpty;

    /// <summary>Reads <c>auto</c> or numbers from 0 with commas between them.</summary>
    public static PipelineSplit? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (string.Equals(text, AutomaticWord, StringComparison.OrdinalIgnoreCase))
            return Automatic;
        string[] parts = text.Split(',');
        int[] layers = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out layers[i]) || layers[i] > 1 << 20)
                return null;
        }

        return Of(layers);
    }

    /// <summary>A split of that many layers each.</summary>
    public static PipelineSplit Of(ReadOnlySpan<int> layers) => new(ImmutableArray.Create(layers));

    /// <summary>Why the split does not fit <paramref name="layers"/> layers in <paramref name="chunks"/> chunks, or null.</summary>
    public string? Objection(int layers, int chunks)
    {
        if (IsAutomatic)
            return null;
        if (Layers.Length != chunks)
            return $"the pipeline split has {Layers.Length} parts, but pp x vpp is {chunks}";
        long sum = 0;
        for (int i = 0; i < Layers.Length; i++)
        {
            sum += Layers[i];
            if (Layers[i] == 0 && i > 0 && i < chunks - 1)
                return "only the first and the last part of a pipeline split may have no layer: they hold the embedding and the vocabulary projection";
        }

        return sum == layers ? null : $"the pipeline split has {sum} layers, the model {layers}";
    }

    /// <inheritdoc/>
    public bool Equals(PipelineSplit? other) => other is not null && Layers.AsSpan().SequenceEqual(other.Layers.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PipelineSplit);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int one in Layers)
            hash.Add(one);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => IsAutomatic ? AutomaticWord : string.Join(',', Layers);
}
