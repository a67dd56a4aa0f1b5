using System.IO.Compression;
using System.Text;

namespace Orrery.Catalog;

/// <summary>The ids of the rows a fit saw: one a line, gzip, beside the calibration file.</summary>
public static class CalibrationRows
{
    /// <summary>Writes the ids sorted and without doubles, so the order of a fit never shows.</summary>
    public static void Write(string path, IEnumerable<string> ids)
    {
        SortedSet<string> sorted = new(ids, StringComparer.Ordinal);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using FileStream file = File.Create(path);
        using GZipStream zip = new(file, CompressionLevel.Optimal);
        using StreamWriter writer = new(zip, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        foreach (string id in sorted)
        {
            writer.WriteLine(id);
        }
    }

    /// <summary>The ids of every fit in a folder; none where there is no such folder.</summary>
    public static HashSet<string> ReadFolder(string folder)
    {
        HashSet<string> all = new(StringComparer.Ordinal);
        if (!Directory.Exists(folder))
            return all;
        foreach (string path in Directory.GetFiles(folder, "*.rows.gz"))
        {
            if (Read(path) is { } ids)
                all.UnionWith(ids);
        }

        return all;
    }

    /// <summary>Reads the ids back; null where the file is missing or broken.</summary>
    public static HashSet<string>? Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using GZipStream zip = new(file, CompressionMode.Decompress);
            using StreamReader reader = new(zip, Encoding.UTF8);
            HashSet<string> ids = new(StringComparer.Ordinal);
            while (reader.ReadLine() is { } line)
            {
                if (line.Length > 0)
                {
                    ids.Add(line);
                }
            }

            return ids;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
