"""What may open and decode a master. Kept apart so that the decoder child imports nothing heavy."""

FORMATS = "mov,mp4,m4a,mxf,matroska,webm,mpegts,avi,mpeg,mpegvideo,wav,flac,mp3,aac,ogg,aiff"
"""Demuxers that may open a master. A whitelist of protocols alone does not stop playlists."""

CODECS = (
    "h264,hevc,vvc,mpeg1video,mpeg2video,mpeg4,msmpeg4v2,msmpeg4,h263,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,"
    "libaom-av1,prores,dnxhd,cfhd,mjpeg,jpeg2000,dvvideo,rawvideo,v210,v308,v410,ffv1,huffyuv,ffvhuff,utvideo,"
    "qtrle,png,tiff,theora,vc1,wmv3,svq1,svq3,cinepak,rpza,r210,"
    "aac,aac_latm,mp3,mp3float,mp2,mp2float,mp1,mp1float,ac3,eac3,dca,truehd,opus,libopus,vorbis,libvorbis,"
    "flac,alac,wavpack,s302m,adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,gsm_ms,qdm2,"
    "pcm_s8,pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,"
    "pcm_f64be,pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,"
    "mov_text,subrip,srt,ass,ssa,webvtt,ttml,text"
)
"""Decoders that may run on a master: what archives hold, without the rarely maintained rest."""
