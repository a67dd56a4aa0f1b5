using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;
using Orrery.Models.Families;
using Orrery.Models.Json;
using Orrery.Units;

namespace Orrery.Models;

/// <summary>
/// Loads model architectures from Hugging Face <c>config.json</c> files: by catalogue name (<c>data/models/NAME</c>), or by the path of a file or
/// of the folder that holds it. Nothing throws, whatever the path and the bytes; every mistake of a file is reported at once.
/// </summary>
public static class ModelLoader
{
    private const string ConfigFile = "config.json";

    /// <summary>Loads one model.</summary>
    /// <param name="nameOrPath">A folder of <c>models</c> under the data root, or a path.</param>
    /// <param name="dataRoot">The <c>data</c> folder: its <c>models/ignored-keys.txt</c> lists keys without bearing on shape.</param>
    /// <returns>The architecture, perhaps with notes; or the errors.</returns>
    public static Result<ModelArchitecture> Load(string nameOrPath, string dataRoot)
    {
        List<Diagnostic> diagnostics = [];
        string models = Combine(dataRoot, "models");
        if (Locate(nameOrPath, models) is not { } file)
        {
            diagnostics.Add(new Diagnostic(Severity.Error, ModelCodes.NotFound, nameOrPath, 0, 0, NotFoundMessage(nameOrPath, dataRoot)));
            return new Result<ModelArchitecture>(null, [.. diagnostics]);
        }

        string list = Combine(models, "ignored-keys.txt");
        IgnoredKeys ignored = ReadBounded(list, diagnostics) is { } text
            ? IgnoredKeys.Parse(Encoding.UTF8.GetString(text), list, diagnostics)
            : IgnoredKeys.None;
        // A catalogue's own file is named as in the repository, whatever folder that lies in.
        string shown = file.StartsWith(models + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? $"data/{Path.GetRelativePath(dataRoot, file).Replace('\\', '/')}" : file;
        return ReadBounded(file, diagnostics) is { } bytes
            ? Parse(bytes, shown, NameOf(file), ignored, diagnostics)
            : new Result<ModelArchitecture>(null, [.. diagnostics]);
    }

    /// <summary>Reads the bytes of one <c>config.json</c>.</summary>
    /// <param name="file">Name used in diagnostics.</param>
    /// <param name="name">Name of the model.</param>
    public static Result<ModelArchitecture> Parse(byte[] bytes, string file, string name, IgnoredKeys ignored) =>
        Parse(bytes, file, name, ignored, []);

    /// <summary>Names of the models in the catalogue, sorted; empty where there is no such folder.</summary>
    public static ImmutableArray<string> List(string dataRoot)
    {
        List<string> names = [];
        try
        {
            foreach (string folder in Directory.EnumerateDirectories(Combine(dataRoot, "models")))
            {
                if (File.Exists(Path.Combine(folder, ConfigFile)))
                    names.Add(Path.GetFileName(folder));
            }
        }
        catch (Exception mistake) when (IsFileMistake(mistake))
        {
            // A data root that is not there lists nothing; loading from it says why.
        }

        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }

    private static Result<ModelArchitecture> Parse(byte[] bytes, string file, string name, IgnoredKeys ignored, List<Diagnostic> diagnostics)
    {
        ModelArchitecture? model = null;
        if (PositionedJson.Read(bytes, file, diagnostics) is { } root)
        {
            ConfigReader config = new(root, bytes, file, diagnostics);
            string? modelType = ModelType(config);
            if (modelType is not null && ModelFamilies.Find(modelType) is { } family)
            {
                model = ArchitectureBuilder.For(config, family, name, modelType).Build();
                config.ReportUnknownKeys(ignored, modelType);
            }
        }

        ImmutableArray<Diagnostic> found = InFileOrder(diagnostics);
        bool hasErrors = found.Any(static diagnostic => diagnostic.Severity == Severity.Error);
        return new Result<ModelArchitecture>(hasErrors ? null : model, found);
    }

    private static string? ModelType(ConfigReader config)
    {
        if (config.OptionalText("model_type") is not { } modelType)
        {
            if (config.Find("model_type") is null && config.OptionalText("_class_name") is { } className && ModelFamilies.OfClass(className) is { } ofClass)
                return ofClass.ModelTypes[0];
            if (config.Find("model_type") is null)
                config.Error(ModelCodes.MissingKey, 0, $"'model_type' is missing; expected one of {string.Join(", ", ModelFamilies.ModelTypes)}");
            return null;
        }

        if (ModelFamilies.Find(modelType) is not null)
            return modelType;
        foreach ((string known, string reason) in ModelFamilies.NotSupported)
        {
            if (known == modelType)
            {
                config.Error(ModelCodes.NotSupported, config.OffsetOf("model_type"), $"model_type '{modelType}' is not supported yet: it has {reason}");
                return null;
            }
        }

        config.Error(
            ModelCodes.UnknownModelType,
            config.OffsetOf("model_type"),
            $"unknown model_type '{JsonValue.Shorten(modelType)}'; expected one of {string.Join(", ", ModelFamilies.ModelTypes)}{EditDistance.Hint(modelType, ModelFamilies.ModelTypes)}");
        return null;
    }

    private static string? Locate(string nameOrPath, string models)
    {
        if (nameOrPath.Length == 0)
            return null;
        bool isPath = nameOrPath.Contains('/', StringComparison.Ordinal) || nameOrPath.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);
        if (!isPath)
        {
            string inCatalogue = Combine(models, nameOrPath, ConfigFile);
            if (nameOrPath is not ("." or "..") && File.Exists(inCatalogue))
                return inCatalogue;
        }

        if (File.Exists(nameOrPath))
            return nameOrPath;
        string inFolder = Combine(nameOrPath, ConfigFile);
        return File.Exists(inFolder) ? inFolder : null;
    }

    private static string NotFoundMessage(string nameOrPath, string dataRoot)
    {
        ImmutableArray<string> names = List(dataRoot);
        string hint = EditDistance.Hint(nameOrPath, names);
        return nameOrPath.Contains('/', StringComparison.Ordinal)
            ? $"no such file, and no {ConfigFile} in a folder of that name"
            : $"no model of that name ({names.Length} are in the catalogue: 'orrery list models') and no such file{hint}";
    }

    private static string NameOf(string file)
    {
        string stem = Path.GetFileNameWithoutExtension(file);
        if (!string.Equals(Path.GetFileName(file), ConfigFile, StringComparison.Ordinal))
            return stem;
        string? folder = Path.GetFileName(Path.GetDirectoryName(file));
        return string.IsNullOrEmpty(folder) ? stem : folder;
    }

    /// <summary>The bytes of a file, null with an error where it cannot be read; never more than the limit, whatever the file claims to be.</summary>
    private static byte[]? ReadBounded(string file, List<Diagnostic> diagnostics)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            // A file's stated length is a first guess: devices and pipes state none.
            int guess = stream.CanSeek ? (int)Math.Clamp(stream.Length, 0, PositionedJson.MaximumBytes) : PositionedJson.MaximumBytes;
            byte[] buffer = new byte[guess + 1];
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length == buffer.Length && guess < PositionedJson.MaximumBytes)
            {
                Array.Resize(ref buffer, PositionedJson.MaximumBytes + 1);
                length += stream.ReadAtLeast(buffer.AsSpan(length), buffer.Length - length, throwOnEndOfStream: false);
            }

            if (length <= PositionedJson.MaximumBytes)
                return buffer[..length];
            diagnostics.Add(new Diagnostic(
                Severity.Error, ModelCodes.TooLarge, file, 0, 0, $"the file is larger than {PositionedJson.MaximumBytes} bytes"));
            return null;
        }
        catch (Exception mistake) when (IsFileMistake(mistake))
        {
            diagnostics.Add(new Diagnostic(Severity.Error, ModelCodes.NotFound, file, 0, 0, $"cannot be read: {mistake.Message}"));
            return null;
        }
    }

    private static bool IsFileMistake(Exception mistake) =>
        mistake is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or System.Security.SecurityException;

    /// <summary>Forward slashes in messages and results on every system.</summary>
    private static string Combine(params ReadOnlySpan<string> parts) => string.Join('/', parts!);

    private static ImmutableArray<Diagnostic> InFileOrder(List<Diagnostic> diagnostics) =>
        [.. diagnostics.OrderBy(static diagnostic => diagnostic.File, StringComparer.Ordinal)
            .ThenBy(static diagnostic => diagnostic.Line)
            .ThenBy(static diagnostic => diagnostic.Column)];
}
