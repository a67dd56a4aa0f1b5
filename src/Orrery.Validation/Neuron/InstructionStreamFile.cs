using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Validation.Neuron;

/// <summary>The published kernels of <c>data/validation/neuron-streams.yaml</c>, in file order.</summary>
public sealed record InstructionStreamFile(ImmutableArray<InstructionStream> Streams, ImmutableArray<MeasuredProduct> Products)
{
    private static readonly ImmutableArray<string> Measures = ["whole", "tensor", "vector", "dma"];

    public static Result<InstructionStreamFile> Read(string path, string? displayName = null)
    {
        DiagnosticList diagnostics = new(displayName ?? path);
        return Read(YamlReader.ReadFile(path, diagnostics), diagnostics);
    }

    /// <summary>Reads a text, for tests.</summary>
    public static Result<InstructionStreamFile> Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return Read(YamlReader.Read(text, diagnostics), diagnostics);
    }

    private static Result<InstructionStreamFile> Read(YamlNode? root, DiagnosticList diagnostics)
    {
        MappingReader? top = MappingReader.OfRoot(root, diagnostics);
        if (top is null)
            return new(null, diagnostics.InOrder());

        Dictionary<string, string> sources = new(StringComparer.Ordinal);
        if (top.RequiredGroup("sources", "addresses by short name") is { } named)
        {
            foreach (YamlEntry entry in named.Mapping.Entries)
                sources[entry.Key.Text] = named.RequiredText(entry.Key.Text, "an address");
        }

        ImmutableArray<InstructionStream>.Builder streams = ImmutableArray.CreateBuilder<InstructionStream>();
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (MappingReader group in top.Groups("streams"))
        {
            InstructionStream stream = ReadStream(group, sources);
            if (!seen.Add(stream.Id))
                diagnostics.Error(DiagnosticCode.DuplicateName, group.Position, $"'{stream.Id}' stands twice");
            streams.Add(stream);
        }

        ImmutableArray<MeasuredProduct>.Builder products = ImmutableArray.CreateBuilder<MeasuredProduct>();
        foreach (MappingReader group in top.Groups("products"))
        {
            MeasuredProduct product = ReadProduct(group, sources);
            if (!seen.Add(product.Id))
                diagnostics.Error(DiagnosticCode.DuplicateName, group.Position, $"'{product.Id}' stands twice");
            products.Add(product);
        }

        top.Finish();
        return new(diagnostics.HasErrors ? null : new(streams.ToImmutable(), products.ToImmutable()), diagnostics.InOrder());
    }

    private static string Address(MappingReader group, Dictionary<string, string> sources)
    {
        string source = group.RequiredText("source", "a name from 'sources'");
        if (sources.TryGetValue(source, out string? address))
            return address;
        group.Diagnostics.Error(DiagnosticCode.UnknownSource, group.Position, $"'{source}' is not in 'sources'");
        return source;
    }

    private static MeasuredProduct ReadProduct(MappingReader group, Dictionary<string, string> sources)
    {
        string id = group.RequiredText("id", "a case id");
        string chip = group.RequiredText("chip", "a chip id");
        string source = Address(group, sources);
        Seconds measured = new(group.RequiredQuantity("measured", QuantityKind.Duration, 1e-9, 1e3));
        TensorWork work = ReadTensor(group);
        return new MeasuredProduct(id, chip, Operator.Matmul(work.M, work.N, work.K, work.Format), measured, source);
    }

    private static InstructionStream ReadStream(MappingReader group, Dictionary<string, string> sources)
    {
        InstructionStream stream = new()
        {
            Id = group.RequiredText("id", "a case id"),
            Chip = group.RequiredText("chip", "a chip id"),
            Source = Address(group, sources),
            Measured = new Seconds(group.RequiredQuantity("measured", QuantityKind.Duration, 1e-9, 1e3)),
            Compare = (StreamMeasure)group.Word("compare", Measures),
            Fit = group.Text("fit"),
            Note = group.Text("note"),
            Vector = [.. group.Groups("vector").Select(ReadVector)],
            Tensor = [.. group.Groups("tensor").Select(ReadTensor)],
            Dma = [.. group.Groups("dma").Select(ReadDma)],
        };
        group.Finish();
        return stream;
    }

    private static VectorWork ReadVector(MappingReader one)
    {
        VectorWork work = new(
            one.Integer("instructions", 1, int.MaxValue, null),
            one.Integer("columns", 1, 1 << 20, null),
            one.RequiredQuantity("cyclesPerElement", QuantityKind.Number, 1e-3, 100));
        one.Finish();
        return work;
    }

    private static TensorWork ReadTensor(MappingReader one)
    {
        string format = one.RequiredText("format", "a number format");
        if (!NumberFormats.TryParse(format, out NumberFormat parsed))
            one.Diagnostics.Error(DiagnosticCode.UnknownWord, one.Position, $"'{format}' is not a number format");
        TensorWork work = new(one.Integer("m", 1, 1 << 24, null), one.Integer("n", 1, 1 << 24, null), one.Integer("k", 1, 1 << 24, null), parsed);
        one.Finish();
        return work;
    }

    private static DmaWork ReadDma(MappingReader one)
    {
        DmaWork work = new(
            one.RequiredQuantity("bytes", QuantityKind.Data, 1, 1e15),
            one.RequiredQuantity("piece", QuantityKind.Data, 1, 1e15));
        one.Finish();
        return work;
    }
}
